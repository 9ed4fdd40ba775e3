"""Rows of psycopg 2: packets gather where the socket is empty, and nobody waits where they are there."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from postgres_to_s3.postgres.drivers import GATHER_SECONDS, PACKET_BYTES, gathering


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    server, client = socket.socketpair()
    with server, client:
        yield server, client


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(time, "sleep", taken.append)
    return taken


def test_every_row_is_handed_on_and_an_empty_socket_is_given_time_after_each_packet(
    ends: tuple[socket.socket, socket.socket], pauses: list[float]
) -> None:
    rows: list[bytes] = []
    take = gathering(ends[1].fileno(), rows.append)

    sent = [b"%04d" % number for number in range(2 * PACKET_BYTES // 4 + 1)] + [b"wide" * PACKET_BYTES]
    for row in sent:
        take(row)

    assert rows == sent
    assert pauses == [GATHER_SECONDS] * 3


def test_rows_that_have_arrived_are_taken_without_a_pause(
    ends: tuple[socket.socket, socket.socket], pauses: list[float]
) -> None:
    ends[0].send(b"more")
    take = gathering(ends[1].fileno(), lambda row: None)

    for _ in range(3):
        take(b"x" * PACKET_BYTES)

    assert pauses == []
