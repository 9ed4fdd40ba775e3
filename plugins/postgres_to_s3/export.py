"""One export from its first query to its last object, all of it or nothing."""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from postgres_to_s3.checks.schema_change import check_schema
from postgres_to_s3.columns import Column
from postgres_to_s3.copying import chunk_copier, compare_counts
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.files.large_buffers import return_large_blocks
from postgres_to_s3.manifest import ControlTotals, Manifest, Run, query_hash
from postgres_to_s3.options.export_options import ExportOptions
from postgres_to_s3.postgres import parallel as parallel_copy
from postgres_to_s3.postgres import query as export_query
from postgres_to_s3.postgres import rows as copy_stream
from postgres_to_s3.postgres import session as warehouse_session
from postgres_to_s3.postgres.table_chunks import Chunk, is_stored_table, table_chunks
from postgres_to_s3.retryable import named_errors
from postgres_to_s3.s3.dry_run import DryRun
from postgres_to_s3.s3.publication import Publication

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """What is exported: a table, ``name`` or ``schema.name``, or a query."""

    table: str | None = None
    sql: str | None = None

    def query(self, connection: Any) -> str:
        """The one query that gives the rows, identifiers quoted by the connection's driver."""
        if self.table:
            return export_query.table_query(connection, self.table)
        return export_query.single_query(self.sql or "")

    def __str__(self) -> str:
        """The table, or the beginning of the query."""
        return self.table or f"query {textwrap.shorten(self.sql or '', 80)!r}"


@dataclass(frozen=True)
class Selection:
    """The rows of one export: the query that gives them, and its columns.

    :param is_stored: they are those of a table, whatever order they are read in
    :param chunks: the same rows in pieces that several connections can copy; none where one stream is right
    :param connections: how many copy the chunks
    """

    query: str
    columns: tuple[Column, ...]
    is_stored: bool
    chunks: tuple[Chunk, ...] = ()
    connections: int = 1


def run_export(
    connection: Any,
    publication: Publication | DryRun,
    source: Source,
    options: ExportOptions,
    run: Run,
    connect: Callable[[], Any] | None = None,
) -> Manifest:
    """Export the source's rows as of one moment and publish them, manifest last.

    :param connection: a new connection to the warehouse; the caller closes it, which also gives up the export's lock
    :param connect: opens a further connection like ``connection``; needed where the options allow several
    :raises TransientError: another attempt holds the export, or the warehouse or S3 does not answer as it should
    :raises PermanentError: the source is no query, has other columns or no rows where this is refused, or rows got
        lost on the way
    """
    return_large_blocks()
    with named_errors(f"export of {source} to {publication.name}"):
        query = source.query(connection)
        warehouse_session.open_session(connection)
        holder = f"{run.task_id} attempt {run.attempt} of {run.run_id}"
        warehouse_session.lock_export(connection, publication.name, holder)
        warehouse_session.begin_snapshot_of(connection, query)
        selection = _select(connection, source, query, options if connect else replace(options, connections=1))
        check_schema(publication.last_manifest(), selection.columns, options.on_schema_change)
        with publication:
            if connect and selection.chunks:
                totals = _copy_chunks(connection, connect, publication, selection, options)
            else:
                totals = _copy_stream(connection, publication, selection, options)
            publication.wait_for_parts()
            warehouse_session.confirm_session(connection)
            return _publish(publication, selection, totals, options, run)


def _select(connection: Any, source: Source, query: str, options: ExportOptions) -> Selection:
    columns = copy_stream.describe(connection, query)

    def select(rows: str) -> str:
        return export_query.select_columns(connection, rows, columns, options.columns, options.order_by)

    chosen = select(query)
    described = columns if chosen == query else copy_stream.describe(connection, chosen)
    connections = _connections(connection, source, options)
    if not source.table:
        return Selection(chosen, described, is_stored=False)
    table = export_query.table_name(connection, source.table)
    cut = table_chunks(connection, table, options.max_rows_per_file) if connections > 1 else []
    chunks = tuple(replace(chunk, query=select(chunk.query)) for chunk in cut)
    return Selection(chosen, described, is_stored_table(connection, table), chunks, min(connections, len(chunks) + 1))


def _connections(connection: Any, source: Source, options: ExportOptions) -> int:
    """How many connections may share the work; the log says why it is only one of several."""
    if options.connections == 1:
        return 1
    if not source.table:
        reason = "only a table can be cut"
    elif options.order_by:
        reason = "its rows are to be sorted"
    elif (free := parallel_copy.free_connections(connection, options.connections)) > 1:
        return free
    else:
        reason = "its role has no other connection free"
    log.info("Exporting %s as one stream: %s", source, reason)
    return 1


def _copy_stream(
    connection: Any, publication: Publication | DryRun, selection: Selection, options: ExportOptions
) -> ControlTotals:
    totals = copy_stream.control_totals(connection, selection.query, selection.columns, in_parallel=selection.is_stored)
    if not totals.rows and options.if_empty == "fail":
        raise PermanentError(
            "expected at least one row, found none; nothing was published."
            " Where an empty result is right, set if_empty to 'header' or 'skip'."
        )
    log.info("Exporting %s rows to %s", totals.rows, publication.name)
    if totals.rows or options.if_empty != "skip":
        with chunk_copier(publication, selection.columns, options, totals.rows) as copier:
            copier.copy(connection, Chunk(0, selection.query, totals.rows))
            copier.compare_sums(totals.sums)
    return totals


def _copy_chunks(
    connection: Any,
    connect: Callable[[], Any],
    publication: Publication | DryRun,
    selection: Selection,
    options: ExportOptions,
) -> ControlTotals:
    rows = sum(chunk.rows for chunk in selection.chunks)
    count = partial(
        copy_stream.control_totals, query=selection.query, columns=selection.columns, in_parallel=selection.is_stored
    )
    with (
        chunk_copier(publication, selection.columns, options, rows) as copier,
        parallel_copy.same_moment(connection, connect, selection.connections, selection.query) as connections,
    ):
        log.info("Exporting %s rows to %s over %s connections", rows, publication.name, len(connections))
        copies = [partial(copier.copy, chunk=chunk) for chunk in selection.chunks]
        totals: ControlTotals = parallel_copy.run_jobs(connections, [count, *copies])[0]
        compare_counts(totals.rows, rows, rows)
        copier.compare_sums(totals.sums)
    return totals


def _publish(
    publication: Publication | DryRun, selection: Selection, totals: ControlTotals, options: ExportOptions, run: Run
) -> Manifest:
    files = publication.publish()
    manifest = Manifest(
        bucket=publication.bucket,
        run=run,
        query_sha256=query_hash(selection.query),
        columns=selection.columns,
        totals=totals,
        files=files,
        dialect=options.csv,
        compression=options.compression,
    )
    publication.conclude(manifest.to_json())
    return manifest
