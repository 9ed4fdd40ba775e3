"""What an export copies, decided before the first row: the query, its columns, the chunks, how many connections."""

from __future__ import annotations

import logging
import textwrap
from dataclasses import dataclass, replace

from postgres_to_s3.columns import Column
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.options.csv_dialect import CsvDialect
from postgres_to_s3.options.export_options import MAX_FILES, ExportOptions
from postgres_to_s3.postgres.parallel import free_connections
from postgres_to_s3.postgres.query import (
    check_names,
    check_query,
    select_columns,
    single_query,
    table_name,
    table_query,
)
from postgres_to_s3.postgres.rows import describe
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.postgres.table_chunks import Chunk, is_stored_table, table_chunks

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
            return table_query(session, self.table)
        query = single_query(self.sql or "")
        check_query(session, query)
        return query

    def __str__(self) -> str:
        """The table, or the beginning of the query."""
        return self.table or f"query {textwrap.shorten(self.sql or '', 80)!r}"


@dataclass(frozen=True)
class Plan:
    """The rows of one export and how they are copied.

    :param query: gives the rows
    :param is_stored: they are those of a table, whatever order they are read in
    :param options: how they become files
    :param chunks: the same rows, cut so that several connections can copy them; none where one stream is right
    :param connections: how many connections copy the chunks
    """

    query: str
    columns: tuple[Column, ...]
    is_stored: bool
    options: ExportOptions
    chunks: tuple[Chunk, ...] = ()
    connections: int = 1

    @property
    def is_as_stored(self) -> bool:
        """The rows come in the order in which the table is stored."""
        return self.is_stored and not self.options.order_by

    @property
    def dialect(self) -> CsvDialect:
        """How the CSV is written."""
        return self.options.csv


def make_plan(session: Session, source: Source, query: str, options: ExportOptions) -> Plan:
    """Decide how the rows of the source are copied.

    :param session: in the transaction that the export is of
    :param query: that of the source
    :raises PermanentError: the options name columns that the query does not have
    """
    available = describe(session, query)

    def select(rows: str) -> str:
        return select_columns(session, rows, available, options.columns, options.order_by)

    chosen = select(query)
    columns = available if chosen == query else describe(session, chosen)
    check_names(columns, {"amounts": [name for amount in (options.amounts or {}).values() for name in amount.columns]})
    connections = _connections(session, source, options)
    if not source.table:
        return Plan(chosen, columns, is_stored=False, options=options)
    table = table_name(session, source.table)
    cut = table_chunks(session, table, options.max_rows_per_file) if connections > 1 else []
    chunks = tuple(replace(chunk, query=select(chunk.query)) for chunk in cut)
    is_stored = is_stored_table(session, table)
    return Plan(chosen, columns, is_stored, options, chunks, min(connections, len(chunks) + 1))


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


def _connections(session: Session, source: Source, options: ExportOptions) -> int:
    """How many connections may share the work; the log says why it is only one of several."""
    if options.connections == 1:
        return 1
    if not source.table:
        reason = "only a table can be cut"
    elif options.order_by:
        reason = "its rows are to be sorted"
    elif (free := free_connections(session, options.connections)) > 1:
        return free
    else:
        reason = "its role has no other connection free"
    log.info("Exporting %s as one stream: %s", source, reason)
    return 1
