"""One export from its first query to its last object, all of it or nothing."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from billing_aggregator import copy_stream, export_query
from billing_aggregator.errors import PermanentError
from billing_aggregator.manifest import Manifest, Run, query_hash
from billing_aggregator.publication import PART_BYTES, DryRun, Publication

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


@dataclass(frozen=True)
class ExportOptions:
    """How the rows become files.

    :param max_rows_per_file: data rows in each file but the last
    :param part_bytes: size of the parts a file is uploaded in, at least 5 MiB
    """

    max_rows_per_file: int = 1_000_000
    part_bytes: int = PART_BYTES


def run_export(
    connection: Any, publication: Publication | DryRun, source: Source, options: ExportOptions, run: Run
) -> Manifest:
    """Export the source's rows as of one moment and publish them, manifest last.

    :param connection: a new connection to the warehouse; the caller closes it, which also gives up the export's lock
    :raises TransientError: another attempt holds the export, or the connection was lost
    :raises PermanentError: the source is no query, or rows got lost on the way
    """
    copy_stream.open_session(connection)
    copy_stream.lock_export(connection, publication.name, f"{run.task_id} attempt {run.attempt} of {run.run_id}")
    copy_stream.begin_snapshot(connection)
    query = source.query(connection)
    columns = copy_stream.describe(connection, query)
    totals = copy_stream.control_totals(connection, query, columns)
    log.info("Exporting %s rows to %s", totals.rows, publication.name)
    with publication:
        header = copy_stream.header_line(columns)
        writer = copy_stream.ChunkWriter(publication.open, header, options.max_rows_per_file, options.part_bytes)
        sent = copy_stream.copy_rows(connection, query, writer)
        _compare_counts(totals.rows, sent, writer.rows)
        files = publication.publish()
        manifest = Manifest(publication.bucket, run, query_hash(query), columns, totals, files)
        publication.conclude(manifest.to_json())
    return manifest


def _compare_counts(counted: int, sent: int, written: int) -> None:
    if not counted == sent == written:
        raise PermanentError(
            f"expected the {counted} rows that the warehouse counted, but it sent {sent} and {written} were"
            " written; nothing was published. Report this: one snapshot must not change."
        )
