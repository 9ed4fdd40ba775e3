"""Asks the S3 servers of a bench what they received and how much CPU it took them."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

import psutil

from benchmarks.null_s3 import RECEIVED_PATH
from benchmarks.ways import BUCKET
from local.servers.stack import Stack


class Received(NamedTuple):
    """Bytes of the objects, and CPU seconds, since the look before."""

    bytes: int
    cpu_s: float


class Sink(Protocol):
    """An S3 server that runs send to."""

    url: str

    def look(self) -> Received:
        """What came since the look before."""


class NullSink:
    """The server that throws everything away and counts it.

    :param url: where it listens
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def look(self) -> Received:
        """What came since the look before, by the server's own account."""
        connection = HTTPConnection(urlsplit(self.url).netloc)
        connection.request("GET", RECEIVED_PATH)
        found = json.loads(connection.getresponse().read())
        connection.close()
        return Received(found["bytes"], round(found["cpu_s"], 3))


class RealSink:
    """The stack's S3 server, in which each run replaces the objects of the one before."""

    def __init__(self, stack: Stack) -> None:
        self.url = stack.s3_url
        self._process = psutil.Process(stack.s3_pid)
        self._client = stack.s3_client()
        self._client.create_bucket(Bucket=BUCKET)
        self._seconds = 0.0

    def look(self) -> Received:
        """The objects that are there now."""
        times = self._process.cpu_times()
        seconds, self._seconds = self._seconds, float(times.user + times.system)
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        size = sum(entry["Size"] for page in pages for entry in page.get("Contents", []))
        return Received(size, round(self._seconds - seconds, 3))
