"""Cuts a table into the chunks its files are made of, so that several connections can copy them at once.

A chunk is a range of row addresses (``ctid``): PostgreSQL reads such a range without the rest of the table, in the
order in which it reads the whole table. So chunks give the same files as one stream.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from postgres_to_s3.options.export_options import MAX_FILES
from postgres_to_s3.postgres.connection import Cursor
from postgres_to_s3.postgres.session import Session

log = logging.getLogger(__name__)

# With fewer rows the further connections take longer to open than they save: half a second of one stream.
MIN_ROWS = 200_000
IS_STORED = "select relkind in ('r', 'p', 'm') from pg_class where oid = %s::regclass"
OBSTACLE = """
select case
    when relkind <> 'r' or relhassubclass then 'it is not one ordinary table'
    when relrowsecurity then 'it has row-level security'
    when amname <> 'heap' then 'it is stored as ' || amname || ', not as heap'
end
from pg_class left join pg_am on pg_am.oid = relam
where pg_class.oid = %s::regclass
"""


@dataclass(frozen=True)
class Chunk:
    """Rows that one connection copies.

    :param index: number of the first file they fill
    :param query: gives the rows
    :param rows: how many there are
    """

    index: int
    query: str
    rows: int


def is_stored_table(session: Session, table: str) -> bool:
    """Whether the table holds its rows itself, as a view or a foreign table does not.

    :param table: the table's name, quoted
    """
    return bool(session.fetch_row(IS_STORED, (table,))[0])


def table_chunks(session: Session, table: str, max_rows: int) -> list[Chunk]:
    """One chunk for each file of ``max_rows`` rows; none where several would not pay or are impossible.

    :param session: in the transaction whose snapshot the chunks are of
    :param table: the table's name, quoted
    """
    obstacle = session.fetch_row(OBSTACLE, (table,))[0]
    if obstacle:
        log.info("Exporting %s as one stream: %s", table, obstacle)
        return []
    chunks = _cut(session, table, max_rows)
    rows = sum(chunk.rows for chunk in chunks)
    if len(chunks) > MAX_FILES:
        log.info("Exporting %s as one stream: it fills more than %s files", table, MAX_FILES)
        return []
    if len(chunks) > 1 and rows >= MIN_ROWS:
        return chunks
    log.info("Exporting %s as one stream: its %s rows are too few for several", table, rows)
    return []


def _cut(session: Session, table: str, max_rows: int) -> list[Chunk]:
    """Walk over the table's rows in the server, from the last row of each chunk to the next chunk's."""
    chunks: list[Chunk] = []
    after = ""
    session.execute(f"declare chunk_ends no scroll cursor for select ctid::text from {table}")
    with session.cursor() as cursor:
        while len(chunks) <= MAX_FILES:
            rows, last = _next_end(cursor, max_rows)
            if not rows:
                break
            conditions = [f"ctid > '{after}'"] * bool(after) + [f"ctid <= '{last}'"] * bool(last)
            where = f" where {' and '.join(conditions)}" if conditions else ""
            chunks.append(Chunk(len(chunks), f"select * from {table}{where}", rows))
            if not last:
                break
            after = last
    session.execute("close chunk_ends")
    return chunks


def _next_end(cursor: Cursor, max_rows: int) -> tuple[int, str]:
    """The number of rows in the next chunk and the address of its last row; none where the table ends before."""
    rows = 0
    if max_rows > 1:
        cursor.execute(f"move forward {max_rows - 1} in chunk_ends")
        rows = cursor.rowcount
    cursor.execute("fetch 1 from chunk_ends")
    found = cursor.fetchone()
    return (rows + 1, found[0]) if found else (rows, "")
