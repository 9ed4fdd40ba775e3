"""An S3 server that throws everything away, so that a benchmark measures the client; a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LOOPBACK = "127.0.0.1"
XML = '<?xml version="1.0" encoding="UTF-8"?>'
ETAG = '"d41d8cd98f00b204e9800998ecf8427e"'
BUFFER_BYTES = 1024 * 1024


class _Handler(BaseHTTPRequestHandler):
    """Reads each body to its end and answers as S3 does for a bucket that is always empty."""

    protocol_version = "HTTP/1.1"
    # Answers are small and come at once; waiting to fill a packet would cost 40 ms each.
    disable_nagle_algorithm = True

    def do_PUT(self) -> None:
        self._discard_body()
        self._answer(200)

    def do_POST(self) -> None:
        self._discard_body()
        key = urlsplit(self.path).path.split("/", 2)[-1]
        if "uploads" in parse_qs(urlsplit(self.path).query, keep_blank_values=True):
            self._answer(200, _element("InitiateMultipartUploadResult", Key=key, UploadId=f"upload-{key}"))
        else:
            self._answer(200, _element("CompleteMultipartUploadResult", Key=key, ETag=ETAG))

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        if "uploads" in query:
            self._answer(200, _element("ListMultipartUploadsResult", IsTruncated="false"))
        elif "list-type" in query:
            self._answer(200, _element("ListBucketResult", KeyCount="0", IsTruncated="false"))
        else:
            self._answer(404, _element("Error", Code="NoSuchKey", Message="This server keeps nothing."))

    def do_HEAD(self) -> None:
        self._answer(404)

    def do_DELETE(self) -> None:
        self._answer(204)

    def log_message(self, *_: object) -> None:
        """Nothing: a line for each part would cost more than the part."""

    def _discard_body(self) -> None:
        left = int(self.headers.get("Content-Length", 0))
        buffer = memoryview(bytearray(min(left, BUFFER_BYTES)))
        while left:
            count = self.rfile.readinto(buffer[: min(left, BUFFER_BYTES)])
            if not count:
                self.close_connection = True
                return
            left -= count

    def _answer(self, status: int, body: str = "") -> None:
        content = f"{XML}{body}".encode() if body else b""
        self.send_response(status)
        self.send_header("ETag", ETAG)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _element(name: str, **children: str) -> str:
    inner = "".join(f"<{child}>{text}</{child}>" for child, text in children.items())
    return f"<{name}>{inner}</{name}>"


@contextmanager
def null_s3() -> Iterator[str]:
    """Start the server and yield its URL; it ends with the block, or when this process does."""
    command = [sys.executable, "-m", __spec__.name if __spec__ else __name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()


def main() -> None:
    """Serve until this process is ended; the URL is the first line of output."""
    server = ThreadingHTTPServer((LOOPBACK, 0), _Handler)
    server.daemon_threads = True
    sys.stdout.write(f"http://{LOOPBACK}:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
