"""The rows of a query as one moment shows them: their columns, their number and sums, and their text as CSV.

PostgreSQL renders the text, so decimals stay exact and NULL (nothing between the commas) differs from empty text
(``""``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace

from postgres_to_s3.columns import PLAIN, Column, summed_columns
from postgres_to_s3.errors import PermanentError, TransientError
from postgres_to_s3.files.chunk_writer import ChunkWriter
from postgres_to_s3.manifest import ControlTotals
from postgres_to_s3.options.csv_dialect import CsvDialect
from postgres_to_s3.postgres.query import render_query, totals_query
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.postgres.transaction import Transaction

log = logging.getLogger(__name__)

# The order in which a table is stored is that in which it is cut into chunks; an index has another one.
AS_STORED = """
set local enable_indexscan = off;
set local enable_indexonlyscan = off;
set local enable_bitmapscan = off
"""
OTHER_SESSIONS = """
select count(*)
from pg_stat_activity
where usename = session_user and datname = current_database() and backend_type = 'client backend'
    and pid <> pg_backend_pid()
"""


@dataclass(frozen=True)
class Snapshot:
    """The rows of a query as one moment shows them, read by one session.

    :param transaction: the export's, of that moment
    :param session: reads in that moment: the transaction's own session or a further one
    :param is_stored: the rows are those of a table, whatever order they are read in
    :param is_sorted: the query sorts them
    """

    transaction: Transaction
    session: Session
    query: str
    columns: tuple[Column, ...]
    is_stored: bool = False
    is_sorted: bool = False

    @classmethod
    def of(cls, transaction: Transaction) -> Snapshot:
        """The rows of the transaction's query; none is read yet.

        :raises PermanentError: they have no column
        """
        session, query = transaction.session, transaction.query
        return cls(transaction, session, query, session.describe(query))

    def select(self, columns: Sequence[str], order_by: Sequence[str]) -> Snapshot:
        """The same rows with only these columns, in this order, sorted by these; as it is where nothing is asked for.

        :raises PermanentError: lists every column that there is not
        """
        self.check_names({"columns": columns, "order_by": order_by})
        if not columns and not order_by:
            return self
        wanted = self._quoted(columns) or "*"
        order = f" order by {self._quoted(order_by)}" if order_by else ""
        query = f"select {wanted} from (\n{self.query}\n) as chosen{order}"
        return replace(self, query=query, columns=self.session.describe(query), is_sorted=bool(order_by))

    def check_names(self, wanted: Mapping[str, Sequence[str]]) -> None:
        """All columns that the arguments name must be there.

        :param wanted: by the argument that names them
        :raises PermanentError: lists every one that is not
        """
        known = [column.name for column in self.columns]
        problems = [
            f"'{argument}' names {', '.join(map(repr, unknown))}"
            for argument, names in wanted.items()
            if (unknown := [name for name in names if name not in known])
        ]
        if problems:
            raise PermanentError(f"{'; '.join(problems)}, but the columns are {', '.join(map(repr, known))}")

    def count(self) -> ControlTotals:
        """Count the rows and sum each column of numbers, in the warehouse.

        The server may share the work among its processes where the rows are those of a table. These numbers have the
        same sum in any order, but a query may give other rows or values when its own parts run in another order.
        """
        if self.is_stored:
            self.session.execute("set max_parallel_workers_per_gather = default")
        rows, *sums = self.session.fetch_row(totals_query(self.query, self.columns))
        self.session.restore_settings()
        return ControlTotals(rows, dict(zip(summed_columns(self.columns), sums, strict=True)))

    def copy(self, query: str, writer: ChunkWriter, dialect: CsvDialect) -> int:
        """Stream rows into ``writer`` and return how many PostgreSQL says it sent.

        :param query: gives all rows of the snapshot or those of a chunk
        :raises TransientError: the connection was lost on the way
        """
        if self.is_stored and not self.is_sorted:
            self.session.execute(AS_STORED)
        rows = render_query(query, self.columns, dialect)
        try:
            sent = self.session.stream_rows(f"copy (\n{rows}\n) to stdout ({self._options(dialect)})", writer.write)
        except Exception as error:
            if self.session.is_closed:
                # The drivers say no more than that the protocol broke off.
                raise TransientError(f"lost the connection to the warehouse while it sent rows: {error}") from error
            raise
        writer.close()
        return sent

    def check(self) -> None:
        """Check early that nothing has changed under the rows, from any thread; the last word is the transaction's.

        :raises TransientError: names what has changed
        """
        self.transaction.check()

    def free_connections(self, limit: int) -> int:
        """How many connections, its own included, leave its role with at most ``limit`` sessions here."""
        others = self.session.fetch_row(OTHER_SESSIONS)[0]
        free = int(max(1, limit - others))
        if others and limit > 1:
            log.info("%s other sessions of the role are open: using %s connections at most", others, free)
        return free

    @contextmanager
    def shared(self, connections: int) -> Iterator[list[Snapshot]]:
        """The snapshot as this and further sessions read it; fewer than wanted where the warehouse gives no more."""
        snapshots = [self]
        with ExitStack() as opened:
            while len(snapshots) < connections:
                try:
                    further = self.transaction.join(self.query)
                except Exception as error:  # the export does not depend on it; what ends main ends the export itself
                    log.warning(
                        "Going on with %s of %s connections: %s", len(snapshots), connections, str(error).strip()
                    )
                    break
                snapshots.append(replace(self, session=opened.enter_context(closing(further))))
            yield snapshots

    def cancel(self) -> None:
        """Cancel the statement that the session runs, from any thread."""
        self.session.cancel()

    def _quoted(self, names: Sequence[str]) -> str:
        return ", ".join(map(self.session.quote_name, names))

    def _options(self, dialect: CsvDialect) -> str:
        """The options of COPY, for the columns as ``render_query`` names them."""
        names = ("delimiter", "quote", "null", "encoding")
        options = ["format csv", *(f"{name} {self.session.quote_text(getattr(dialect, name))}" for name in names)]
        quoted = [f"c{place}" for place, column in enumerate(self.columns) if column.base_type not in PLAIN]
        if dialect.quote_text and quoted:
            options.append(f"force_quote ({', '.join(quoted)})")
        return ", ".join(options)
