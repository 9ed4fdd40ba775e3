"""The rows of a query: their columns, their number and sums, and their text as CSV.

PostgreSQL renders the text, so decimals stay exact and NULL (nothing between the commas) differs from empty text
(``""``).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from postgres_to_s3.columns import Column, summed_columns
from postgres_to_s3.errors import PermanentError, TransientError
from postgres_to_s3.files.chunk_writer import ChunkWriter
from postgres_to_s3.manifest import ControlTotals
from postgres_to_s3.options.amounts import Amount
from postgres_to_s3.postgres.amounts import amount_sums, amount_text
from postgres_to_s3.postgres.connection import ResultColumn, Row
from postgres_to_s3.postgres.drivers import server_message, sqlstate_of
from postgres_to_s3.postgres.query import without_rows
from postgres_to_s3.postgres.session import Session

log = logging.getLogger(__name__)

# The class of SQLSTATEs that say that a value is none of its type.
DATA_EXCEPTION = "22"
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
    session: Session,
    query: str,
    columns: Sequence[Column],
    *,
    amounts: Mapping[str, Amount] | None = None,
    in_parallel: bool = False,
) -> ControlTotals:
    """Count the rows and sum each column of an exact numeric type, in the warehouse.

    :param amounts: sums for people; where a text among them is no number they are unknown, and the log says why
    :param in_parallel: the server may share the work among its processes. Exact numbers have the same sum in any order,
        but a query may give other rows or values when its own parts run in another order
    """
    places = summed_columns(columns)
    sums = [f"sum(c{place})::text" for place in places.values()]
    names = ", ".join(f"c{place}" for place in range(len(columns)))
    rows = f"(\n{query}\n) as exported ({names})"
    if in_parallel:
        session.execute("set max_parallel_workers_per_gather = default")
    wanted = amount_sums(session, columns, amounts or {})
    found = _aggregate(session, ["count(*)", *sums], wanted, rows)
    session.restore_settings()
    texts = [None if text is None else amount_text(text) for text in found[len(sums) + 1 :]]
    return ControlTotals(
        rows=found[0],
        sums=dict(zip(places, found[1 : len(sums) + 1], strict=True)),
        amounts=dict(zip(amounts or {}, texts, strict=True)),
    )


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


def _aggregate(session: Session, needed: Sequence[str], wanted: Sequence[str], rows: str) -> Row:
    """The values of all aggregates over the rows; None for the wanted ones where a value is none of their type."""
    if not wanted:
        return session.fetch_row(f"select {', '.join(needed)} from {rows}")
    session.execute("savepoint wanted")
    try:
        found = session.fetch_row(f"select {', '.join((*needed, *wanted))} from {rows}")
    except Exception as error:
        if not sqlstate_of(error).startswith(DATA_EXCEPTION):
            raise
        session.execute("rollback to savepoint wanted")
        log.warning("The amounts of the export are unknown: %s", server_message(error)[0])
        found = (*session.fetch_row(f"select {', '.join(needed)} from {rows}"), *[None] * len(wanted))
    session.execute("release savepoint wanted")
    return found


def _type(name: str, column: ResultColumn) -> str:
    if name != "numeric" or column.precision is None:
        return name
    return f"numeric({column.precision},{column.scale})"
