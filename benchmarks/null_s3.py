"""An S3 server that throws everything away, so that a benchmark measures the client; a process of its own."""

from __future__ import annotations

import io
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

LOOPBACK = "127.0.0.1"
XML = '<?xml version="1.0" encoding="UTF-8"?>'
ETAG = '"d41d8cd98f00b204e9800998ecf8427e"'
# Answers what was received since it was asked last; no bucket has such a name.
RECEIVED_PATH = "/-/bytes"
# Linux throws the bytes away without copying them, and wakes the thread once for all of them.
DISCARD = socket.MSG_TRUNC | socket.MSG_WAITALL if sys.platform == "linux" else 0
BUFFER = memoryview(bytearray(8 * 1024 * 1024))


class _Account:
    """Counts the bytes of objects and the CPU seconds of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bytes = 0
        self._seconds = 0.0

    def add(self, count: int) -> None:
        """So many bytes came."""
        with self._lock:
            self._bytes += count

    def settle(self) -> str:
        """What came and was spent since the last time, as JSON."""
        with self._lock:
            seconds = time.process_time()
            found = {"bytes": self._bytes, "cpu_s": seconds - self._seconds}
            self._bytes, self._seconds = 0, seconds
        return json.dumps(found)


ACCOUNT = _Account()


class _Handler(BaseHTTPRequestHandler):
    """Reads each body to its end and answers as S3 does for a bucket that is always empty."""

    protocol_version = "HTTP/1.1"
    # Answers are small and come at once; waiting to fill a packet would cost 40 ms each.
    disable_nagle_algorithm = True

    def do_PUT(self) -> None:
        ACCOUNT.add(self._discard_body())
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
        if self.path == RECEIVED_PATH:
            self._answer(200, ACCOUNT.settle())
        elif "uploads" in query:
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

    def _discard_body(self) -> int:
        """Read the body to its end; returns its size."""
        size = left = int(self.headers.get("Content-Length", 0))
        if left:
            # What came along with the headers is in the reader's buffer, and after this nothing is.
            left -= len(self.rfile.read1(min(left, io.DEFAULT_BUFFER_SIZE)))
        while left:
            count = self.connection.recv_into(BUFFER, min(left, len(BUFFER)), DISCARD)
            if not count:
                self.close_connection = True
                break
            left -= count
        return size - left

    def _answer(self, status: int, body: str = "") -> None:
        content = body.encode()
        self.send_response(status)
        self.send_header("ETag", ETAG)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _element(name: str, **children: str) -> str:
    inner = "".join(f"<{child}>{text}</{child}>" for child, text in children.items())
    return f"{XML}<{name}>{inner}</{name}>"


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
