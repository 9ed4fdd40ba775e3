"""Copies the rows of a plan into the files of a publication, and counts them on the way."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from postgres_to_s3.errors import PermanentError
from postgres_to_s3.files.chunk_writer import ChunkFile, ChunkWriter, CrlfChunkWriter
from postgres_to_s3.files.csv_totals import CountedFile, CsvTotals, amount_texts, sum_problems
from postgres_to_s3.files.gzip_file import UNCOMPRESSED_PART_BYTES, GzipFile
from postgres_to_s3.files.progress import Progress
from postgres_to_s3.manifest import ControlTotals
from postgres_to_s3.plan import Plan, check_number_of_files
from postgres_to_s3.postgres.snapshot import Snapshot
from postgres_to_s3.postgres.table import Chunk
from postgres_to_s3.postgres.transaction import UnnamedChangeError
from postgres_to_s3.s3.publication import Publication
from postgres_to_s3.threads import run_jobs, thread_pool

log = logging.getLogger(__name__)


def copy_plan(plan: Plan, publication: Publication) -> ControlTotals:
    """Copy all rows of the plan into files of the publication; what the warehouse says about them.

    :raises PermanentError: there are no rows where this is refused, or rows were lost or changed on the way
    """
    return _copy_chunks(plan, publication) if plan.chunks else _copy_stream(plan, publication)


class DifferenceError(PermanentError):
    """The files do not hold what the warehouse counted and summed."""


class ChunkCopier:
    """Copies chunks in the same way, whichever session reads them, from several threads at once.

    :param rows: of all chunks together
    :param threads: compress the files and read them again while they are sent
    """

    def __init__(self, plan: Plan, publication: Publication, rows: int, threads: ThreadPoolExecutor) -> None:
        self.plan = plan
        self._publication = publication
        self._rows = rows
        self._threads = threads
        self._progress = Progress(rows)
        # Of all files that are complete.
        self._totals = self._no_totals()

    def copy(self, snapshot: Snapshot, chunk: Chunk) -> None:
        """Copy the chunk's rows into as many files as they fill.

        :param snapshot: that of the plan, as one of the sessions reads it
        :raises PermanentError: not all rows arrived
        """
        snapshot.check()
        options, dialect = self.plan.options, self.plan.dialect
        kind = ChunkWriter if dialect.line_end == "\n" else CrlfChunkWriter
        start = dialect.file_start(column.name for column in snapshot.columns)
        part_bytes = UNCOMPRESSED_PART_BYTES if self.plan.is_gzip else options.part_bytes
        writer = kind(self._open, start, options.max_rows_per_file, part_bytes, self._progress, chunk.index)
        sent = snapshot.copy(chunk.query, writer, dialect)
        compare_counts(chunk.rows, sent, writer.rows)

    def compare(self, expected: ControlTotals) -> ControlTotals:
        """Compare what the warehouse counted and summed with what is in the files.

        :return: the same with the amounts, as they are in the files
        :raises DifferenceError: they differ; names every column
        """
        problems = self.problems(expected)
        if problems:
            raise DifferenceError(
                f"{'; '.join(problems)} in the files; nothing was published."
                " A query that gives other values each time it runs, by random() or a limit without an order, cannot be"
                " exported. Report any other case: what PostgreSQL sent is not what it summed."
            )
        return replace(expected, amounts=amount_texts(self._totals, self.plan.options.amounts or {}))

    def problems(self, expected: ControlTotals) -> list[str]:
        """Return a sentence for each figure of the files that the warehouse does not expect."""
        rows = self._totals.rows
        problems = [] if rows == expected.rows else [f"expected {expected.rows} rows, found {rows}"]
        return problems + sum_problems(expected.sums, self._totals)

    def _open(self, chunk: int) -> ChunkFile:
        options = self.plan.options
        rows = min(self._rows - chunk * options.max_rows_per_file, options.max_rows_per_file)
        file: ChunkFile = self._publication.open(chunk, {"rows": str(rows)})
        if self.plan.is_gzip:
            file = GzipFile(file, options.part_bytes, self._threads)
        return CountedFile(file, self._no_totals(), self._threads, self._totals)

    def _no_totals(self) -> CsvTotals:
        return CsvTotals(self.plan.snapshot.columns, self.plan.dialect, self.plan.options.amounts)


def compare_counts(counted: int, sent: int, written: int) -> None:
    """Compare what the warehouse counted with what it sent and with what is in the files.

    :raises DifferenceError: they differ
    """
    if not counted == sent == written:
        raise DifferenceError(
            f"expected the {counted} rows that the warehouse counted, but it sent {sent} and {written} were"
            " written; nothing was published. Report this: one snapshot must not change."
        )


def _copy_stream(plan: Plan, publication: Publication) -> ControlTotals:
    """Copy all rows one after the other."""
    totals = plan.snapshot.count()
    if not totals.rows and plan.options.if_empty == "fail":
        raise PermanentError(
            "expected at least one row, found none; nothing was published."
            " Where an empty result is right, set if_empty to 'header' or 'skip'."
        )
    check_number_of_files(totals.rows, plan.options.max_rows_per_file)
    log.info("Exporting %s rows to %s", totals.rows, publication.name)
    with _chunk_copier(plan, publication, totals.rows) as copier:
        try:
            if totals.rows or plan.options.if_empty != "skip":
                copier.copy(plan.snapshot, Chunk(0, plan.snapshot.query, totals.rows))
            return copier.compare(totals)
        except DifferenceError as difference:
            _ask_again(copier, difference)
            raise


def _ask_again(copier: ChunkCopier, difference: DifferenceError) -> None:
    """Raise if the warehouse, asked again, expects what is in the files.

    A change such as a revoked role is visible to a new snapshot shortly before other sessions drop what they cached, so
    a count right after it can still be one of before, with nothing in the catalogue to tell.

    :raises UnnamedChangeError: the warehouse expects it now
    """
    try:
        again = copier.plan.snapshot.count()
    except Exception as error:  # the difference is the error to report
        log.warning("Could not ask the warehouse again: %s", str(error).strip())
        return
    if not copier.problems(again):
        raise UnnamedChangeError(
            "the export read from a warehouse that was being changed: asked again, it expects other rows or sums than"
            " before; nothing was published. Export again when the changes have ended; a query that gives other rows"
            " each time cannot be exported."
        ) from difference


def _copy_chunks(plan: Plan, publication: Publication) -> ControlTotals:
    """Copy the chunks of the plan over several connections, while one of them counts and sums all rows."""
    rows = sum(chunk.rows for chunk in plan.chunks)
    counts: list[ControlTotals] = []
    with (
        _chunk_copier(plan, publication, rows) as copier,
        plan.snapshot.shared(plan.connections) as snapshots,
    ):
        log.info("Exporting %s rows to %s over %s connections", rows, publication.name, len(snapshots))
        copies = [partial(copier.copy, chunk=chunk) for chunk in plan.chunks]
        run_jobs(snapshots, [lambda snapshot: counts.append(snapshot.count()), *copies])
        (totals,) = counts
        compare_counts(totals.rows, rows, rows)
        return copier.compare(totals)


@contextmanager
def _chunk_copier(plan: Plan, publication: Publication, rows: int) -> Iterator[ChunkCopier]:
    """A copier for the block.

    :param rows: of all chunks together
    """
    # For each file that is written at the same time one that reads it again, and one that compresses it.
    with thread_pool(plan.options.connections * (2 if plan.is_gzip else 1), "files") as threads:
        yield ChunkCopier(plan, publication, rows, threads)
