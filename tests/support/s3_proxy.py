"""An HTTP proxy in front of the S3 server that answers chosen requests with an error, or not at all."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LOOPBACK = "127.0.0.1"
# What a connection says about itself is not for the other side.
HOP_HEADERS = {"connection", "expect", "keep-alive", "transfer-encoding"}
# S3 has no other way to say that a completion failed after it began to answer than an error with the status 200.
CODES = {200: "InternalError", 403: "AccessDenied", 404: "NoSuchUpload", 500: "InternalError", 503: "SlowDown"}
SILENCE_SECONDS = 60
# By method and the part of the query that tells requests apart.
OPERATIONS = {
    ("POST", "uploads"): "CreateMultipartUpload",
    ("PUT", "partNumber"): "UploadPart",
    ("POST", "uploadId"): "CompleteMultipartUpload",
    ("DELETE", "uploadId"): "AbortMultipartUpload",
    ("GET", "uploads"): "ListMultipartUploads",
    ("GET", "list-type"): "ListObjectsV2",
    ("GET", ""): "GetObject",
    ("HEAD", ""): "HeadObject",
    ("PUT", ""): "PutObject",
    ("DELETE", ""): "DeleteObject",
}


@dataclass
class Fault:
    """What goes wrong.

    :param operation: of S3's API, such as ``UploadPart``
    :param status: the answer's HTTP status, with an error as its body; 0: the connection is closed without an answer
    :param code: the error's code; that of the status unless it is given
    :param key: the end of the object's key
    :param part: the part's number; 0: any
    :param is_carried_out: the request reaches the server, only its answer is lost
    :param is_cut: the connection is closed when half of the request's body was read
    :param is_silent: no answer comes, and the connection stays open
    :param is_flipped: one bit of the body changes on its way to the server, which answers what it likes
    :param times: how often it goes wrong; None: always
    :param after: how many requests go well before
    """

    operation: str
    status: int = 503
    code: str = ""
    key: str = ""
    part: int = 0
    is_carried_out: bool = False
    is_cut: bool = False
    is_silent: bool = False
    is_flipped: bool = False
    times: int | None = None
    after: int = 0

    def hits(self, operation: str, key: str, part: int) -> bool:
        """Whether this request goes wrong."""
        is_meant = self.operation == operation and key.endswith(self.key) and self.part in (0, part)
        if not is_meant or self.times == 0:
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass(frozen=True)
class Request:
    """A request that has come to the proxy; the names of its headers are in lower case."""

    operation: str
    key: str
    headers: Mapping[str, str]


@dataclass
class S3Proxy:
    """A running proxy.

    :param faults: the first that fits a request decides; without one the request is carried out
    :param before: called with the operation before a request is carried out
    :param errors: what `before` failed with
    :param requests: all requests since the last reset
    """

    url: str
    faults: list[Fault] = field(default_factory=list)
    before: Callable[[str], None] = lambda _operation: None
    errors: list[Exception] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    silence: threading.Event = field(default_factory=threading.Event)

    def reset(self) -> None:
        """Let all go well again."""
        self.faults.clear()
        self.before = lambda _operation: None
        self.requests.clear()
        self.silence.set()
        self.silence = threading.Event()

    def call_before(self, operation: str) -> None:
        """Call what is to happen before a request; where that fails, so does the request, and the test should too."""
        try:
            self.before(operation)
        except Exception as error:
            self.errors.append(error)
            raise

    def seen(self, operation: str) -> list[Request]:
        """The requests of this kind, in their order."""
        return [request for request in self.requests if request.operation == operation]

    def fault(self, operation: str, key: str, part: int) -> Fault | None:
        """What goes wrong with this request, if anything."""
        with self.lock:
            return next((fault for fault in self.faults if fault.hits(operation, key, part)), None)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, server: str) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.target = urlsplit(server).netloc
        self.proxy = S3Proxy(f"http://{LOOPBACK}:{self.server_port}")


@contextmanager
def s3_proxy(server: str) -> Iterator[S3Proxy]:
    """Run a proxy in front of the S3 server at this URL."""
    with _Server(server) as http_server:
        thread = threading.Thread(target=http_server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield http_server.proxy
        finally:
            http_server.shutdown()
            thread.join()


@contextmanager
def held_in(proxy: S3Proxy, operation: str) -> Iterator[Callable[[], None]]:
    """Hold the requests of this kind back until the block ends; gives a function that waits for the first."""
    has_come, may_go_on = threading.Event(), threading.Event()

    def hold(requested: str) -> None:
        if requested == operation:
            has_come.set()
            assert may_go_on.wait(60)

    def wait() -> None:
        assert has_come.wait(60)

    proxy.before = hold
    try:
        yield wait
    finally:
        may_go_on.set()
        proxy.reset()


class _Handler(BaseHTTPRequestHandler):
    """Hands one request on as it is: its signature covers the Host header too."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def handle_one_request(self) -> None:
        """Serve one request, whatever its method."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        proxy = self.server.proxy
        operation, key, part = self._read_target()
        proxy.requests.append(Request(operation, key, {name.lower(): value for name, value in self.headers.items()}))
        fault = proxy.fault(operation, key, part)
        body = self._read_body(fault)
        if fault is None or fault.is_carried_out or fault.is_flipped:
            proxy.call_before(operation)
            answer = self._forward(body)
        if fault and not fault.is_flipped:
            self._fail(fault)
        else:
            self._send(*answer)

    def log_message(self, *_: object) -> None:
        """Keep the test's output quiet."""

    def _read_target(self) -> tuple[str, str, int]:
        url = urlsplit(self.path)
        query = parse_qs(url.query, keep_blank_values=True)
        named = [name for method, name in OPERATIONS if method == self.command and name in query]
        operation = OPERATIONS.get((self.command, named[0] if named else ""), "")
        return operation, url.path, int(query.get("partNumber", ["0"])[0])

    def _read_body(self, fault: Fault | None) -> bytes:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length // 2 if fault and fault.is_cut else length)
        if fault and fault.is_flipped:
            middle = len(body) // 2
            return body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        return body

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        with closing(http.client.HTTPConnection(self.server.target, timeout=60)) as connection:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in HOP_HEADERS:
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()

    def _send(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            # The length of what HEAD does not send is part of its answer.
            if name.lower() not in HOP_HEADERS | ({"content-length"} if self.command != "HEAD" else set()):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _fail(self, fault: Fault) -> None:
        if fault.is_silent:
            self.server.proxy.silence.wait(SILENCE_SECONDS)
        if fault.status == 0 or fault.is_cut or fault.is_silent:
            self.close_connection = True
            return
        text = f"<Error><Code>{fault.code or CODES[fault.status]}</Code><Message>A test wants it so.</Message></Error>"
        content = b"" if self.command == "HEAD" else text.encode()
        self._send(fault.status, [("Content-Type", "application/xml")], content)
