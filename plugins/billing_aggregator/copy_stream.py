"""Streams a query's rows out of PostgreSQL as CSV text, cut into chunks of an exact number of rows.

Works on a connection of either driver (psycopg 2 or 3); PostgreSQL renders the text, so decimals stay exact
and NULL (nothing between the commas) differs from empty text (``""``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from billing_aggregator.copy_messages import stream_messages
from billing_aggregator.errors import TransientError
from billing_aggregator.manifest import Column, ControlTotals, summed_columns
from billing_aggregator.progress import Progress
from billing_aggregator.warehouse_session import execute, fetch_row

UNLIMITED_PRECISION = 65535


class ChunkFile(Protocol):
    """Where the bytes of one chunk go."""

    def send(self, part: bytes | bytearray) -> None:
        """Take the next bytes of the file, to keep: nobody changes them any more."""

    def finish(self, rows: int) -> None:
        """The file is complete and holds this many data rows."""


class ChunkWriter:
    """What COPY writes to: one ``write()`` is one row.

    PostgreSQL sends each row as one CopyData message and both drivers hand messages on one by one, so counting calls
    counts rows whatever quotes and line breaks they hold. A new file begins after ``max_rows`` rows; bytes go to the
    file in parts of at least ``part_bytes`` (the last one is smaller), so memory holds one part.

    :param progress: hears of each part
    :param first: number of the first file
    """

    def __init__(
        self,
        open_file: Callable[[int], ChunkFile],
        header: bytes,
        max_rows: int,
        part_bytes: int,
        progress: Progress,
        first: int = 0,
    ) -> None:
        self.rows = 0
        self._open_file = open_file
        self._header = header
        self._max_rows = max_rows
        self._part_bytes = part_bytes
        self._progress = progress
        self._chunk = first - 1
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
        self._sent_rows = 0
        self._sent = False
        self._part = bytearray(self._header)
        self._file = self._open_file(self._chunk)

    def _send_part(self) -> None:
        size = len(self._part)
        # Handed over as it is: a copy would cost time and the memory of one more part.
        self._file.send(self._part)
        self._part = bytearray()
        self._sent = True
        self._progress.add(self._chunk_rows - self._sent_rows, size, self._chunk)
        self._sent_rows = self._chunk_rows

    def _finish_chunk(self) -> None:
        if self._part or not self._sent:
            # S3 completes no upload without a part, not even that of an empty file.
            self._send_part()
        self._file.finish(self._chunk_rows)
        self.rows += self._chunk_rows
        self._chunk_rows = 0


class CrlfChunkWriter(ChunkWriter):
    """Ends each row with CR LF; the line breaks inside of values stay as they are."""

    def write(self, row: bytes) -> None:
        """Take one row, terminator included."""
        super().write(b"%b\r\n" % row[:-1])


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


def control_totals(
    connection: Any, query: str, columns: Sequence[Column], *, in_parallel: bool = False
) -> ControlTotals:
    """Count the rows and sum each column of an exact numeric type, in the warehouse.

    :param in_parallel: the server may share the work among its processes. Exact numbers have the same sum in any order,
        but a query may give other rows or values when its own parts run in another order
    """
    places = summed_columns(columns)
    sums = "".join(f", sum(c{place})::text" for place in places.values())
    names = ", ".join(f"c{place}" for place in range(len(columns)))
    if in_parallel:
        execute(connection, "set max_parallel_workers_per_gather = default")
    found = fetch_row(connection, f"select count(*){sums} from (\n{query}\n) as exported ({names})")
    execute(connection, "set max_parallel_workers_per_gather = 0")
    return ControlTotals(rows=found[0], sums=dict(zip(places, found[1:], strict=True)))


def copy_rows(connection: Any, query: str, writer: ChunkWriter, options: str) -> int:
    """Stream the query's rows into ``writer`` and return how many PostgreSQL says it sent.

    :param options: those of COPY, in SQL
    :raises TransientError: the connection was lost on the way
    """
    try:
        sent = stream_messages(connection, f"copy (\n{query}\n) to stdout ({options})", writer.write)
    except Exception as error:
        if connection.closed:
            # The drivers say no more than that the protocol broke off.
            raise TransientError(f"lost the connection to the warehouse while it sent rows: {error}") from error
        raise
    writer.close()
    return sent


def _type_name(name: str, field: Any) -> str:
    if name != "numeric" or field.precision in (None, UNLIMITED_PRECISION):
        return name
    # psycopg 2 gives the 11 bits of a negative scale as if it were positive.
    scale = field.scale - 2048 if field.scale > 1023 else field.scale
    return f"numeric({field.precision},{scale})"
