"""All that differs between the drivers of PostgreSQL that Airflow may use: psycopg 2 and psycopg 3."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from postgres_to_s3.errors import packages_of
from postgres_to_s3.postgres.connection import Connection, Driver, ResultColumn, Row, WriteRow

if TYPE_CHECKING:
    import psycopg
    import psycopg.pq.abc
    import psycopg2.extensions

# TLS may hold bytes back that it has read already: no socket tells of them, so they are asked for after this time.
WAIT_MILLISECONDS = 500
# The server sends packets of 8 KiB. Waking up for each of them costs both sides more CPU time than letting some gather
# in the socket's buffer first (docs/performance.md).
GATHER_SECONDS = 0.001
# One packet. psycopg 2 does not let us know when it has to wait: after so many bytes we look whether more are there.
PACKET_BYTES = 8192


class Psycopg2:
    """A connection of psycopg 2."""

    def __init__(self, connection: psycopg2.extensions.connection) -> None:
        self._connection = connection

    def prepare(self) -> None:
        """Let statements commit by themselves, rows be tuples, and text be UTF-8, whatever Airflow has set."""
        self._connection.autocommit = True
        self._connection.cursor_factory = None  # type: ignore[assignment]  # which it takes, too
        # The driver does not notice when SQL changes the encoding.
        self._connection.set_client_encoding("UTF8")

    def quote_name(self, *parts: str) -> str:
        """An identifier in SQL, such as ``"schema"."name"``."""
        from psycopg2.sql import Identifier

        return Identifier(*parts).as_string(self._connection)

    def quote_text(self, text: str) -> str:
        """A text in SQL."""
        from psycopg2.sql import Literal

        return Literal(text).as_string(self._connection)

    def describe(self, query: str) -> list[ResultColumn]:
        """The columns of a query, which is run."""
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return [
                ResultColumn(column.name, column.type_code, *_numeric_limits(column.precision, column.scale))
                for column in cursor.description or ()
            ]

    def stream_rows(self, statement: str, write: WriteRow) -> int:
        """Run ``copy … to stdout`` and call ``write`` with the bytes of each row."""
        with self._connection.cursor() as cursor:
            cursor.copy_expert(statement, _Writable(gathering(self._connection.fileno(), write)))
            return cursor.rowcount


class Psycopg3:
    """A connection of psycopg 3."""

    def __init__(self, connection: psycopg.Connection[Row]) -> None:
        self._connection = connection

    def prepare(self) -> None:
        """Let statements commit by themselves, and rows be tuples, whatever Airflow has set; text is UTF-8 by SQL."""
        from psycopg.rows import tuple_row

        self._connection.autocommit = True
        self._connection.row_factory = tuple_row

    def quote_name(self, *parts: str) -> str:
        """An identifier in SQL, such as ``"schema"."name"``."""
        from psycopg.sql import Identifier

        return Identifier(*parts).as_string(self._connection)

    def quote_text(self, text: str) -> str:
        """A text in SQL."""
        from psycopg.sql import Literal

        return Literal(text).as_string(self._connection)

    def describe(self, query: str) -> list[ResultColumn]:
        """The columns of a query, which is run."""
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return [
                ResultColumn(column.name, column.type_code, column.precision, column.scale)
                for column in cursor.description or ()
            ]

    def stream_rows(self, statement: str, write: WriteRow) -> int:
        """Run ``copy … to stdout`` and call ``write`` with the bytes of each row.

        The messages come from libpq directly: iterating over psycopg's own ``copy()`` costs four times as much.
        """
        from psycopg.pq import ExecStatus

        libpq = self._connection.pgconn
        readable = select.poll()
        readable.register(libpq.socket, select.POLLIN)
        libpq.send_query(statement.encode())
        self._result(readable, ExecStatus.COPY_OUT)
        next_message = libpq.get_copy_data
        while True:
            size, row = next_message(1)
            if size > 0:
                write(row)
            elif size == 0:
                if not readable.poll(0):
                    time.sleep(GATHER_SECONDS)
                    readable.poll(WAIT_MILLISECONDS)
                libpq.consume_input()
            else:
                break
        return self._result(readable, ExecStatus.COMMAND_OK).command_tuples or 0

    def _result(self, readable: select.poll, expected: int) -> psycopg.pq.abc.PGresult:
        """The next result of the statement; waits in steps, so that signals are handled meanwhile."""
        from psycopg.errors import OperationalError, error_from_result
        from psycopg.pq import ExecStatus

        libpq = self._connection.pgconn
        while libpq.flush() or libpq.is_busy():
            readable.poll(WAIT_MILLISECONDS)
            libpq.consume_input()
        result = libpq.get_result()
        if result is None:
            raise OperationalError("the warehouse gave no result")
        if result.status != ExecStatus.COPY_OUT:
            # Until there is no result any more the connection takes no other statement.
            while libpq.get_result():
                pass
        if result.status != expected:
            raise error_from_result(result)
        return result


# By the package that a connection is of.
DRIVERS: dict[str, type[Psycopg2 | Psycopg3]] = {"psycopg2": Psycopg2, "psycopg": Psycopg3}


def driver_of(connection: Connection) -> Driver:
    """The driver of a connection.

    :raises TypeError: it is of no driver that is known here
    """
    for package in DRIVERS.keys() & packages_of(connection):
        kind: Callable[[Connection], Driver] = DRIVERS[package]
        return kind(connection)
    raise TypeError(f"expected a connection of {' or '.join(DRIVERS)}, found {type(connection)!r}")


def gathering(socket: int, write: WriteRow) -> WriteRow:
    """``write``, which after each packet lets more of them gather where none has arrived yet."""
    readable = select.poll()
    readable.register(socket, select.POLLIN)
    taken = 0

    def take(row: bytes | memoryview) -> None:
        nonlocal taken
        write(row)
        taken += len(row)
        if taken >= PACKET_BYTES:
            taken = 0
            if not readable.poll(0):
                time.sleep(GATHER_SECONDS)

    return take


@dataclass(frozen=True)
class _Writable:
    """What psycopg 2 takes for a file."""

    write: WriteRow


def _numeric_limits(precision: int | None, scale: int | None) -> tuple[int | None, int | None]:
    """Precision and scale of a column as PostgreSQL means them.

    psycopg 2 gives 65535 digits for a ``numeric`` without limits, and the 11 bits of a negative scale as if it were
    positive.
    """
    if precision in (None, 65535) or scale is None:
        return None, None
    return precision, scale - 2048 if scale > 1023 else scale
