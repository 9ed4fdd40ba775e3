"""A table of the warehouse, and how it is cut into chunks, so that several connections can copy them at once.

A chunk is a range of row addresses (``ctid``): PostgreSQL reads such a range without the rest of the table, in the
order in which it reads the whole table. So chunks give the same files as one stream.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from postgres_to_s3.postgres.drivers import Cursor
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


class Table:
    """A table or view, as a session sees it.

    :param name: ``name`` or ``schema.name``
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = session.quote_name(*name.split("."))

    @property
    def query(self) -> str:
        """Gives all rows."""
        return f"select * from {self._name}"

    @property
    def is_stored(self) -> bool:
        """Whether the table holds its rows itself, as a view or a foreign table does not."""
        return bool(self._session.fetch_row(IS_STORED, (self._name,))[0])

    def cut(self, columns: Sequence[str], max_rows: int, max_chunks: int) -> list[Chunk]:
        """Return a chunk for each file of ``max_rows`` rows; none where several would not pay or are impossible.

        :param columns: those to read, all if empty
        """
        obstacle = self._session.fetch_row(OBSTACLE, (self._name,))[0]
        chunks: list[Chunk] = []
        if not obstacle:
            self._session.execute(f"declare chunk_ends no scroll cursor for select ctid::text from {self._name}")
            with self._session.cursor() as cursor:
                chunks = list(self._walk(cursor, columns, max_rows, max_chunks))
            self._session.execute("close chunk_ends")
            rows = sum(chunk.rows for chunk in chunks)
            if len(chunks) > max_chunks:
                obstacle = f"it fills more than {max_chunks} files"
            elif len(chunks) < 2 or rows < MIN_ROWS:
                obstacle = f"its {rows} rows are too few for several"
        if obstacle:
            log.info("Exporting %s as one stream: %s", self._name, obstacle)
        return [] if obstacle else chunks

    def _walk(self, cursor: Cursor, columns: Sequence[str], max_rows: int, max_chunks: int) -> Iterator[Chunk]:
        """Walk over the rows in the server, from the last row of each chunk to the next chunk's."""
        names = ", ".join(map(self._session.quote_name, columns)) or "*"
        after = ""
        for index in range(max_chunks + 1):
            rows, last = _next_end(cursor, max_rows)
            if rows:
                bounds = [f"ctid > '{after}'"] * bool(after) + [f"ctid <= '{last}'"] * bool(last)
                where = f" where {' and '.join(bounds)}" if bounds else ""
                yield Chunk(index, f"select {names} from {self._name}{where}", rows)
            if not last:
                return
            after = last


def _next_end(cursor: Cursor, max_rows: int) -> tuple[int, str]:
    """The number of rows in the next chunk and the address of its last row; none where the table ends before."""
    rows = 0
    if max_rows > 1:
        cursor.execute(f"move forward {max_rows - 1} in chunk_ends")
        rows = cursor.rowcount
    cursor.execute("fetch 1 from chunk_ends")
    last = cursor.fetchone()
    return (rows + 1, last[0]) if last else (rows, "")
