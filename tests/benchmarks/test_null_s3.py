"""The S3 server that throws everything away counts what it received."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from benchmarks.null_s3 import null_s3


@pytest.fixture
def server() -> Iterator[HTTPConnection]:
    """A connection to a server, used for all requests."""
    with null_s3() as url:
        connection = HTTPConnection(urlsplit(url).netloc, timeout=10)
        yield connection
        connection.close()


def send(server: HTTPConnection, method: str, path: str, body: bytes | None = None) -> bytes:
    """The body of the answer."""
    server.request(method, path, body)
    return server.getresponse().read()


def received(server: HTTPConnection) -> dict[str, float]:
    """What came since the last time."""
    found: dict[str, float] = json.loads(send(server, "GET", "/-/bytes"))
    return found


def test_bodies_of_every_size_are_read_to_their_end(server: HTTPConnection) -> None:
    sizes = [0, 1, 8_191, 8_192, 100_000, 20_000_000]

    for size in sizes:
        send(server, "PUT", "/bench/key", b"x" * size)

    assert received(server)["bytes"] == sum(sizes)


def test_the_account_starts_anew_when_it_was_read(server: HTTPConnection) -> None:
    send(server, "PUT", "/bench/key", b"x" * 1_000_000)

    first, second = received(server), received(server)

    assert (first["bytes"], second["bytes"]) == (1_000_000, 0)
    assert first["cpu_s"] > 0
    assert second["cpu_s"] >= 0


def test_only_bytes_of_objects_count(server: HTTPConnection) -> None:
    assert b"<UploadId>" in send(server, "POST", "/bench/key?uploads")
    send(server, "POST", "/bench/key?uploadId=1", b"<CompleteMultipartUpload/>")

    assert received(server)["bytes"] == 0
