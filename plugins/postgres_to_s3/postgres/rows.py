"""The rows of a query: their columns, their number and sums, and their text as CSV.

PostgreSQL renders the text, so decimals stay exact and NULL (nothing between the commas) differs from empty text
(``""``).
"""

from __future__ import annotations

from collections.abc import Sequence

from postgres_to_s3.columns import EXACT_NUMBERS, Column, summed_columns
from postgres_to_s3.errors import PermanentError, TransientError
from postgres_to_s3.files.chunk_writer import ChunkWriter
from postgres_to_s3.manifest import ControlTotals
from postgres_to_s3.postgres.connection import ResultColumn
from postgres_to_s3.postgres.query import without_rows
from postgres_to_s3.postgres.session import Session

# The order in which a table is stored is that in which it is cut into chunks; an index has another one.
AS_STORED = """
set local enable_indexscan = off;
set local enable_indexonlyscan = off;
set local enable_bitmapscan = off
"""
TYPE_NAMES = """
select array_agg(format_type(oid, null) order by place) from unnest(%s::oid[]) with ordinality as wanted (oid, place)
"""


def describe(session: Session, query: str) -> tuple[Column, ...]:
    """The query's columns and their types, without reading a row.

    :raises PermanentError: there are none
    """
    columns = session.describe(without_rows(query))
    if not columns:
        raise PermanentError("expected at least one column to export, found none")
    names = session.fetch_row(TYPE_NAMES, ([column.type_oid for column in columns],))[0]
    return tuple(Column(column.name, _type(name, column)) for column, name in zip(columns, names, strict=True))


def control_totals(
    session: Session, query: str, columns: Sequence[Column], *, in_parallel: bool = False
) -> ControlTotals:
    """Count the rows and sum each column of numbers, in the warehouse.

    :param in_parallel: the server may share the work among its processes. These numbers have the same sum in any order,
        but a query may give other rows or values when its own parts run in another order
    """
    places = summed_columns(columns)
    # The sum of real numbers depends on their order, that of their texts does not; and texts are what the files hold.
    texts = {place: "" if columns[place].base_type in EXACT_NUMBERS else "::text::numeric" for place in places.values()}
    sums = [f"sum(c{place}{text})::text" for place, text in texts.items()]
    names = ", ".join(f"c{place}" for place in range(len(columns)))
    if in_parallel:
        session.execute("set max_parallel_workers_per_gather = default")
    found = session.fetch_row(f"select {', '.join(['count(*)', *sums])} from (\n{query}\n) as exported ({names})")
    session.restore_settings()
    return ControlTotals(rows=found[0], sums=dict(zip(places, found[1:], strict=True)))


def copy_rows(session: Session, query: str, writer: ChunkWriter, options: str, *, as_stored: bool = False) -> int:
    """Stream the query's rows into ``writer`` and return how many PostgreSQL says it sent.

    :param options: those of COPY, in SQL
    :param as_stored: in the order in which the table is stored, even where an index holds all that is needed
    :raises TransientError: the connection was lost on the way
    """
    if as_stored:
        session.execute(AS_STORED)
    try:
        sent = session.stream_rows(f"copy (\n{query}\n) to stdout ({options})", writer.write)
    except Exception as error:
        if session.is_closed:
            # The drivers say no more than that the protocol broke off.
            raise TransientError(f"lost the connection to the warehouse while it sent rows: {error}") from error
        raise
    writer.close()
    return sent


def _type(name: str, column: ResultColumn) -> str:
    if name != "numeric" or column.precision is None:
        return name
    return f"numeric({column.precision},{column.scale})"
