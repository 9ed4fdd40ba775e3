"""The credentials of an execution role, as the environment of a container gives them: over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

VARIABLE = "AWS_CONTAINER_CREDENTIALS_FULL_URI"


@dataclass
class RoleCredentials:
    """The running endpoint.

    :param requests: how often somebody has asked, one entry each
    """

    url: str
    access_key: str
    secret: str
    requests: list[str] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    credentials: RoleCredentials


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        """Give the credentials, which last for an hour."""
        credentials = self.server.credentials
        credentials.requests.append(self.path)
        answer = {
            "AccessKeyId": credentials.access_key,
            "SecretAccessKey": credentials.secret,
            # The embedded S3 server knows no sessions: without a token they are as good as those of a user.
            "Token": "",
            "Expiration": "2099-01-01T00:00:00Z",
        }
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep the test's output quiet."""


@contextmanager
def role_credentials(access_key: str, secret: str) -> Iterator[RoleCredentials]:
    """Serve these credentials for the block."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.credentials = RoleCredentials(f"http://127.0.0.1:{server.server_port}/role", access_key, secret)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server.credentials
        finally:
            server.shutdown()
            thread.join()
