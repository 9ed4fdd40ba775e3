"""Streams a query's rows out of PostgreSQL as CSV text, cut into chunks of an exact number of rows.

Works on a connection of either driver (psycopg 2 or 3); PostgreSQL renders the text, so decimals stay exact
and NULL (nothing between the commas) differs from empty text (``""``).
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from billing_aggregator.errors import TransientError
from billing_aggregator.manifest import Column, ControlTotals

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 10.0
# Longer than the server takes to notice that a killed attempt's process has gone (client_connection_check_interval).
LOCK_SECONDS = 15.0
LOCK_INTERVAL_SECONDS = 0.2

# A session that renders every value the same way, whatever the server's or the role's defaults are, and that reads
# a table from its first page on and in one process: the same table gives the same bytes. It outlives the pauses in
# which the last parts reach S3.
SESSION = """
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set lc_monetary = 'C';
set timezone = 'UTC';
set bytea_output = 'hex';
set client_encoding = 'UTF8';
set extra_float_digits = 1;
set synchronize_seqscans = off;
set max_parallel_workers_per_gather = 0;
set idle_in_transaction_session_timeout = 0;
set client_connection_check_interval = '10s'
"""

EXACT_NUMBERS = ("smallint", "integer", "bigint", "numeric")
UNLIMITED_PRECISION = 65535


class ChunkFile(Protocol):
    """Where the bytes of one chunk go."""

    def send(self, part: bytes) -> None:
        """Take the next bytes of the file."""

    def finish(self, rows: int) -> None:
        """The file is complete and holds this many data rows."""


class ChunkWriter:
    """The file-like object COPY writes to: one ``write()`` is one row.

    PostgreSQL sends each row as one CopyData message and both drivers hand messages on one by one, so counting calls
    counts rows whatever quotes and line breaks they hold. A new file begins after ``max_rows`` rows; bytes go to the
    file in parts of at least ``part_bytes`` (the last one is smaller), so memory holds one part.
    """

    def __init__(self, open_file: Callable[[int], ChunkFile], header: bytes, max_rows: int, part_bytes: int) -> None:
        self.rows = 0
        self._open_file = open_file
        self._header = header
        self._max_rows = max_rows
        self._part_bytes = part_bytes
        self._chunk = -1
        self._bytes = 0
        self._started = time.monotonic()
        self._next_report = self._started + PROGRESS_SECONDS
        self._next_chunk()

    def write(self, row: bytes) -> None:
        """Take one row, terminator included."""
        if self._chunk_rows == self._max_rows:
            self._finish_chunk()
            self._next_chunk()
        self._chunk_rows += 1
        self._part += row
        if len(self._part) >= self._part_bytes:
            self._send_part()

    def close(self) -> None:
        """The query has no more rows; an empty result leaves one file that holds the header."""
        self._finish_chunk()

    def _next_chunk(self) -> None:
        self._chunk += 1
        self._chunk_rows = 0
        self._part = bytearray(self._header)
        self._file = self._open_file(self._chunk)

    def _send_part(self) -> None:
        self._file.send(bytes(self._part))
        self._bytes += len(self._part)
        self._part.clear()
        if time.monotonic() >= self._next_report:
            self._report()

    def _finish_chunk(self) -> None:
        if self._part:
            self._send_part()
        self._file.finish(self._chunk_rows)
        self.rows += self._chunk_rows
        self._chunk_rows = 0

    def _report(self) -> None:
        now = time.monotonic()
        rows = self.rows + self._chunk_rows
        rate = rows / max(now - self._started, 1e-3)
        log.info("%s rows, %.0f MB so far (%.0f rows/s), in chunk %s", rows, self._bytes / 1e6, rate, self._chunk)
        self._next_report = now + PROGRESS_SECONDS


def open_session(connection: Any) -> None:
    """Make a new connection render values the same way as any other; each statement commits by itself."""
    connection.autocommit = True
    if hasattr(connection, "set_client_encoding"):
        # psycopg 2 does not notice when SQL changes the encoding.
        connection.set_client_encoding("UTF8")
    execute(connection, SESSION)


def begin_snapshot(connection: Any) -> None:
    """One read-only view of the warehouse until the connection is closed: totals and rows are of one moment."""
    execute(connection, "begin isolation level repeatable read, read only")


def lock_export(connection: Any, name: str, holder: str) -> None:
    """Claim the export called ``name`` for as long as the connection lives; waits for one that is being ended.

    :param holder: how this attempt is called, shown to others as the session's application name
    :raises TransientError: another attempt holds the export; names it
    """
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    execute(connection, "select set_config('application_name', %s, false)", (holder[:63],))
    deadline = time.monotonic() + LOCK_SECONDS
    while not fetch_row(connection, "select pg_try_advisory_lock(%s)", (key,))[0]:
        if time.monotonic() >= deadline:
            raise TransientError(
                f"another attempt is exporting {name!r}: {_lock_holder(connection, key)}."
                " Wait for it, or end its session in the warehouse."
            )
        time.sleep(LOCK_INTERVAL_SECONDS)


def describe(connection: Any, query: str) -> tuple[Column, ...]:
    """The query's columns and their types, without reading a row."""
    with connection.cursor() as cursor:
        cursor.execute(f"select * from (\n{query}\n) as exported limit 0")
        fields = cursor.description
    oids = [field.type_code for field in fields]
    names = fetch_row(
        connection,
        "select array_agg(format_type(oid, null) order by place)"
        " from unnest(%s::oid[]) with ordinality as wanted (oid, place)",
        (oids,),
    )[0]
    return tuple(Column(field.name, _type_name(name, field)) for field, name in zip(fields, names, strict=True))


def control_totals(connection: Any, query: str, columns: Sequence[Column]) -> ControlTotals:
    """Count the rows and sum each column of an exact numeric type, in the warehouse."""
    positions = [place for place, column in enumerate(columns) if column.type.partition("(")[0] in EXACT_NUMBERS]
    sums = "".join(f", sum(c{place})::text" for place in positions)
    names = ", ".join(f"c{place}" for place in range(len(columns)))
    found = fetch_row(connection, f"select count(*){sums} from (\n{query}\n) as exported ({names})")
    named = {columns[place].name: total for place, total in zip(positions, found[1:], strict=True)}
    return ControlTotals(rows=found[0], sums=named)


def header_line(columns: Sequence[Column]) -> bytes:
    """The column names as a CSV line."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(column.name for column in columns)
    return line.getvalue().encode()


def copy_rows(connection: Any, query: str, writer: ChunkWriter) -> int:
    """Stream the query's rows into ``writer`` and return how many PostgreSQL says it sent.

    :raises TransientError: the connection was lost on the way
    """
    try:
        with connection.cursor() as cursor:
            _copy(cursor, f"copy (\n{query}\n) to stdout (format csv, encoding 'utf8')", writer)
            sent = int(cursor.rowcount)
    except Exception as error:
        if connection.closed:
            # The drivers say no more than that the protocol broke off.
            raise TransientError(f"lost the connection to the warehouse while it sent rows: {error}") from error
        raise
    writer.close()
    return sent


def execute(connection: Any, statement: str, values: Sequence[Any] | None = None) -> None:
    """Run a statement whose result does not matter."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def fetch_row(connection: Any, statement: str, values: Sequence[Any] | None = None) -> Sequence[Any]:
    """The first row of a query that has one."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: Sequence[Any] = cursor.fetchone()
        return row


def _copy(cursor: Any, statement: str, writer: ChunkWriter) -> None:
    if hasattr(cursor, "copy_expert"):
        cursor.copy_expert(statement, writer)
        return
    with cursor.copy(statement) as rows:
        for row in rows:
            writer.write(row)


def _lock_holder(connection: Any, key: int) -> str:
    found = fetch_row(
        connection,
        "select string_agg(format('%%s (pid %%s, since %%s)', application_name, pid, backend_start), ', ')"
        " from pg_stat_activity where datname = current_database() and pid in (select pid from pg_locks"
        " where locktype = 'advisory' and granted and (classid::bigint << 32) | objid::bigint = %s)",
        (key,),
    )
    return found[0] or "a session that has just ended"


def _type_name(name: str, field: Any) -> str:
    if name != "numeric" or field.precision in (None, UNLIMITED_PRECISION):
        return name
    # psycopg 2 gives the 11 bits of a negative scale as if it were positive.
    scale = field.scale - 2048 if field.scale > 1023 else field.scale
    return f"numeric({field.precision},{scale})"
