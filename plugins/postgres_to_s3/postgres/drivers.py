"""All that differs between the drivers of PostgreSQL that Airflow may use: psycopg 2 and psycopg 3."""

from __future__ import annotations

import select
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

from postgres_to_s3.errors import packages_of

if TYPE_CHECKING:
    import psycopg
    import psycopg.pq.abc
    import psycopg2.extensions

# The values of a row have whatever type the driver makes of them.
Row = Sequence[Any]
WriteRow = Callable[[bytes | memoryview], object]
Connection: TypeAlias = "psycopg2.extensions.connection | psycopg.Connection[Row]"
Cursor: TypeAlias = "psycopg2.extensions.cursor | psycopg.Cursor[Row]"
OwnConnection = TypeVar("OwnConnection", bound=Any)

# TLS may hold bytes back that it has read already: no socket tells of them, so they are asked for after this time.
WAIT_MILLISECONDS = 500
# The server sends packets of 8 KiB. Waking up for each of them costs both sides more CPU time than letting some gather
# in the socket's buffer first (docs/performance.md).
GATHER_SECONDS = 0.001
# One packet. psycopg 2 does not let us know when it has to wait: after so many bytes we look whether more are there.
PACKET_BYTES = 8192


class Driver(ABC, Generic[OwnConnection]):
    """A connection, and what an export does in another way with each driver.

    PostgreSQL sends each row of a copy as one CopyData message, which costs 0.3 to 0.5 µs of CPU time with either one.
    """

    package: ClassVar[str]

    def __init__(self, connection: OwnConnection) -> None:
        self._connection = connection

    @abstractmethod
    def prepare(self) -> None:
        """Let statements commit by themselves, rows be tuples, and text be UTF-8, whatever Airflow has set."""

    @abstractmethod
    def stream_rows(self, statement: str, write: WriteRow) -> int:
        """Run ``copy … to stdout``, ``write`` the bytes of each row, and return how many PostgreSQL says it sent."""

    def quote_name(self, *parts: str) -> str:
        """An identifier in SQL, such as ``"schema"."name"``."""
        return self._quote("Identifier", *parts)

    def quote_text(self, text: str) -> str:
        """A text in SQL."""
        return self._quote("Literal", text)

    def _quote(self, kind: str, *parts: str) -> str:
        sql: Any = import_module(f"{self.package}.sql")
        return str(getattr(sql, kind)(*parts).as_string(self._connection))


class Psycopg2(Driver["psycopg2.extensions.connection"]):
    """A connection of psycopg 2."""

    package = "psycopg2"

    def prepare(self) -> None:
        """Undo what Airflow has set, and set the encoding: the driver does not notice when SQL changes it."""
        self._connection.autocommit = True
        self._connection.cursor_factory = None  # type: ignore[assignment]  # which it takes, too
        self._connection.set_client_encoding("UTF8")

    def stream_rows(self, statement: str, write: WriteRow) -> int:
        """Hand on each message as the driver does, once for each row."""
        with self._connection.cursor() as cursor:
            cursor.copy_expert(statement, _Writable(gathering(self._connection.fileno(), write)))
            return cursor.rowcount


class Psycopg3(Driver["psycopg.Connection[Row]"]):
    """A connection of psycopg 3."""

    package = "psycopg"

    def prepare(self) -> None:
        """Undo what Airflow has set; SQL sets the encoding."""
        from psycopg.rows import tuple_row

        self._connection.autocommit = True
        self._connection.row_factory = tuple_row

    def stream_rows(self, statement: str, write: WriteRow) -> int:
        """Take the messages from libpq directly: iterating over psycopg's own ``copy()`` costs four times as much."""
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


DRIVERS: tuple[type[Driver[Any]], ...] = (Psycopg2, Psycopg3)


def driver_of(connection: Connection) -> Driver[Any]:
    """The driver of a connection.

    :raises TypeError: it is of no driver that is known here
    """
    for driver in DRIVERS:
        if driver.package in packages_of(connection):
            return driver(connection)
    known = " or ".join(driver.package for driver in DRIVERS)
    raise TypeError(f"expected a connection of {known}, found {type(connection)!r}")


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
