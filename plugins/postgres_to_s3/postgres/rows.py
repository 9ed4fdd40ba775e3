"""Streams a query's rows out of PostgreSQL as CSV text, cut into chunks of an exact number of rows.

Works on a connection of either driver (psycopg 2 or 3); PostgreSQL renders the text, so decimals stay exact
and NULL (nothing between the commas) differs from empty text (``""``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from postgres_to_s3.columns import Column, summed_columns
from postgres_to_s3.errors import TransientError
from postgres_to_s3.files.chunk_writer import ChunkWriter
from postgres_to_s3.manifest import ControlTotals
from postgres_to_s3.postgres.drivers import stream_messages
from postgres_to_s3.postgres.session import execute, fetch_row

UNLIMITED_PRECISION = 65535


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
