"""What an export copies, decided before the first row: the query, its columns, the chunks, how many connections."""

from __future__ import annotations

import logging
import textwrap
from dataclasses import dataclass, replace

from postgres_to_s3.errors import PermanentError
from postgres_to_s3.options.csv_dialect import CsvDialect
from postgres_to_s3.options.export_options import MAX_FILES, ExportOptions
from postgres_to_s3.postgres.query import single_query
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.postgres.snapshot import Snapshot
from postgres_to_s3.postgres.table import Chunk, Table
from postgres_to_s3.postgres.transaction import Transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """What is exported: a table, ``name`` or ``schema.name``, or a query."""

    table: str | None = None
    sql: str | None = None

    def query(self, session: Session) -> str:
        """The one query that gives the rows, identifiers quoted by the session's driver.

        :raises PermanentError: ``sql`` is not one query that only reads
        """
        if self.table:
            return Table(session, self.table).query
        query = single_query(self.sql or "")
        session.check_query(query)
        return query

    def __str__(self) -> str:
        """The table, or the beginning of the query."""
        return self.table or f"query {textwrap.shorten(self.sql or '', 80)!r}"


@dataclass(frozen=True)
class Plan:
    """The rows of one export and how they are copied.

    :param options: how they become files
    :param chunks: the same rows, cut so that several connections can copy them; none where one stream is right
    :param connections: how many connections copy the chunks
    """

    snapshot: Snapshot
    options: ExportOptions
    chunks: tuple[Chunk, ...] = ()
    connections: int = 1

    @property
    def dialect(self) -> CsvDialect:
        """How the CSV is written."""
        return self.options.csv

    @property
    def is_gzip(self) -> bool:
        """The files are compressed."""
        return self.options.compression == "gzip"


def make_plan(transaction: Transaction, source: Source, options: ExportOptions) -> Plan:
    """Decide how the rows of the source are copied.

    :param transaction: reads the query of the source
    :raises PermanentError: the options name columns that the query does not have
    """
    snapshot = Snapshot.of(transaction).select(options.columns, options.order_by)
    snapshot.check_names({"amounts": [name for amount in (options.amounts or {}).values() for name in amount.columns]})
    connections = _connections(snapshot, source, options)
    if not source.table:
        return Plan(snapshot, options)
    table = Table(transaction.session, source.table)
    chunks = table.cut(options.columns, options.max_rows_per_file, MAX_FILES) if connections > 1 else []
    stored = replace(snapshot, is_stored=table.is_stored)
    return Plan(stored, options, tuple(chunks), min(connections, len(chunks) + 1))


def check_number_of_files(rows: int, max_rows_per_file: int) -> None:
    """Refuse an export of more files than can be uploaded together.

    :raises PermanentError: there are too many; its remedy says how many rows each must have
    """
    files = -(-rows // max_rows_per_file)
    if files > MAX_FILES:
        needed = -(-rows // MAX_FILES)
        raise PermanentError(
            f"expected {MAX_FILES} files at most, but {rows} rows in files of {max_rows_per_file} are {files};"
            " nothing was published",
            f"if max_rows_per_file is a parameter of the run, trigger a new run with {needed} or more;"
            f" otherwise set it to {needed} or more and clear the task",
        )


def _connections(snapshot: Snapshot, source: Source, options: ExportOptions) -> int:
    """How many connections may share the work; the log says why it is only one of several."""
    if options.connections == 1:
        return 1
    if not source.table:
        reason = "only a table can be cut"
    elif options.order_by:
        reason = "its rows are to be sorted"
    elif (free := snapshot.free_connections(options.connections)) > 1:
        return free
    else:
        reason = "its role has no other connection free"
    log.info("Exporting %s as one stream: %s", source, reason)
    return 1
