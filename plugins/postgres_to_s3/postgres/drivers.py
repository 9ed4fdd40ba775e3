"""Hands over the rows of a COPY one by one, in the fastest way each PostgreSQL driver has.

PostgreSQL sends each row as one CopyData message; psycopg 2 and 3 cost 0.3 to 0.5 µs of CPU for each of them.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

psycopg: Any
try:
    import psycopg
    import psycopg.pq
except ImportError:  # older images have psycopg 2 alone
    psycopg = None

# TLS may hold bytes back that it has read already: no socket tells of them, so they are asked for after this time.
WAIT_MILLISECONDS = 500
# The server sends packets of 8 KiB. Waking up for each of them costs both sides more CPU time than letting some gather
# in the socket's buffer first (docs/performance.md).
GATHER_SECONDS = 0.001
# One packet. psycopg 2 does not let us know when it has to wait: after so many bytes we look whether more are there.
PACKET_BYTES = 8192


def stream_messages(connection: Any, statement: str, write: Callable[[Any], object]) -> int:
    """Run ``copy … to stdout``, call ``write`` with each row's bytes, and return how many rows PostgreSQL says it sent.

    :param connection: of psycopg 2 or 3
    :raises Exception: the driver's own error of a statement that failed or of a connection that was lost
    """
    if hasattr(connection, "pgconn"):
        return _stream_psycopg(connection.pgconn, statement, write)
    with connection.cursor() as cursor:
        cursor.copy_expert(statement, SimpleNamespace(write=_gathering(connection.fileno(), write)))
        return int(cursor.rowcount)


def _gathering(socket: int, write: Callable[[Any], object]) -> Callable[[Any], None]:
    """``write``, which after each packet lets more of them gather where none has arrived yet."""
    readable = select.poll()
    readable.register(socket, select.POLLIN)
    taken = 0

    def take(row: Any) -> None:
        nonlocal taken
        write(row)
        taken += len(row)
        if taken >= PACKET_BYTES:
            taken = 0
            if not readable.poll(0):
                time.sleep(GATHER_SECONDS)

    return take


def _stream_psycopg(pgconn: Any, statement: str, write: Callable[[Any], object]) -> int:
    """Take the messages from libpq directly: iterating over psycopg's own ``copy()`` costs four times as much."""
    readable = select.poll()
    readable.register(pgconn.socket, select.POLLIN)
    pgconn.send_query(statement.encode())
    _result(pgconn, readable, psycopg.pq.ExecStatus.COPY_OUT)
    next_message = pgconn.get_copy_data
    while True:
        size, row = next_message(1)
        if size > 0:
            write(row)
        elif size == 0:
            if not readable.poll(0):
                time.sleep(GATHER_SECONDS)
                readable.poll(WAIT_MILLISECONDS)
            pgconn.consume_input()
        else:
            break
    result = _result(pgconn, readable, psycopg.pq.ExecStatus.COMMAND_OK)
    return int(result.command_tuples)


def _result(pgconn: Any, readable: select.poll, status: int) -> Any:
    """The next result of the statement; waits so that signals are still handled."""
    while pgconn.flush() or pgconn.is_busy():
        readable.poll(WAIT_MILLISECONDS)
        pgconn.consume_input()
    result = pgconn.get_result()
    if result.status != psycopg.pq.ExecStatus.COPY_OUT:
        # Until there is no result any more the connection takes no other statement.
        while pgconn.get_result():
            pass
    if result.status != status:
        raise psycopg.errors.error_from_result(result)
    return result
