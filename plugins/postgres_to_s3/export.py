"""One export from its first query to its last object, all of it or nothing: lock, plan, copy, publish."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from postgres_to_s3.checks.last_export import check_schema, read_last_export
from postgres_to_s3.copying import copy_plan
from postgres_to_s3.export_lock import ExportLock
from postgres_to_s3.files.chunk_writer import return_freed_buffers
from postgres_to_s3.manifest import MANIFEST_FORMAT, ControlTotals, Manifest, Run, query_hash
from postgres_to_s3.options.export_options import ExportOptions
from postgres_to_s3.plan import Plan, Source, make_plan
from postgres_to_s3.postgres.session import Connect, Session
from postgres_to_s3.postgres.transaction import Transaction
from postgres_to_s3.retryable import named_errors
from postgres_to_s3.s3.publication import Publication

if TYPE_CHECKING:
    from pydantic import JsonValue

# Looks in the export's own snapshot where the rows come from, and refuses the export by an error.
Provenance = Callable[[Session], "Mapping[str, JsonValue]"]


def unknown_provenance(_session: Session) -> Mapping[str, JsonValue]:
    """Say nothing of where the rows come from."""
    return {}


@dataclass(frozen=True)
class Exported:
    """An export that was published.

    :param previous_rows: the rows of the export that it replaces, None if there was none whose manifest can be read
    """

    manifest: Manifest
    previous_rows: int | None


def run_export(
    connect: Connect,
    publication: Publication,
    source: Source,
    options: ExportOptions,
    run: Run,
    provenance: Provenance = unknown_provenance,
) -> Exported:
    """Export the source's rows as of one moment and publish them, manifest last.

    :param connect: opens a new session in the warehouse; the first one holds the export's lock until it ends
    :param provenance: looks in the export's snapshot where the rows come from, and raises where they must not leave
    :raises TransientError: another attempt holds the export, or the warehouse or S3 does not answer as it should
    :raises PermanentError: the source is no query, has other columns or no rows where this is refused, or rows got
        lost on the way
    """
    return_freed_buffers()
    with closing(connect()) as session, named_errors(f"export of {source} to {publication.name}"):
        session.prepare()
        lock = ExportLock(session, publication.name)
        lock.claim(f"{run.task_id} attempt {run.attempt} of {run.run_id}")
        with ExitStack() as uploads:
            with Transaction(session, source.query(session), connect) as transaction:
                lock.keep()
                origin = provenance(session)
                plan = make_plan(transaction, source, options)
                last = read_last_export(publication.last_manifest())
                check_schema(last, plan.snapshot.columns, options.on_schema_change)
                uploads.enter_context(publication)
                totals = copy_plan(plan, publication)
                publication.wait_for_parts()
                lock.claim_again()
            manifest = _publish(publication, plan, totals, run, origin)
            return Exported(manifest, last.rows if last else None)


def measure_export(
    session: Session,
    publication: Publication,
    source: Source,
    options: ExportOptions,
    run: Run,
    provenance: Provenance,
) -> Manifest:
    """Measure what an export would write, in a transaction of the caller's and with what that has not committed yet.

    :param session: in the transaction; its settings are afterwards what they were
    :param publication: one that writes nothing
    :raises TransientError, PermanentError: as ``run_export``
    """
    with named_errors(f"export of {source}"):
        session.execute("savepoint before_export")
        session.restore_settings()
        # Further connections would not see what is not committed.
        transaction = Transaction(session, source.query(session), lambda: session)
        origin = provenance(session)
        plan = make_plan(transaction, source, options.model_copy(update={"connections": 1}))
        with publication:
            totals = copy_plan(plan, publication)
            manifest = _publish(publication, plan, totals, run, origin)
        session.execute("rollback to savepoint before_export")
        return manifest


def _publish(
    publication: Publication, plan: Plan, totals: ControlTotals, run: Run, origin: Mapping[str, JsonValue]
) -> Manifest:
    files = publication.publish_files()
    manifest = Manifest(
        format=MANIFEST_FORMAT,
        bucket=publication.bucket,
        run=run,
        query_sha256=query_hash(plan.snapshot.query),
        csv=plan.dialect,
        compression=plan.options.compression,
        columns=plan.snapshot.columns,
        rows=totals.rows,
        bytes=sum(file.bytes for file in files),
        sums={**totals.sums},
        files=tuple(files),
        amounts={**totals.amounts},
        notes={**(plan.options.notes or {})},
        provenance={**origin},
    )
    publication.publish_manifest(manifest.to_json())
    return manifest
