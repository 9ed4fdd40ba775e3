"""Copies rows into the files of a publication, written as the export's options say."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from postgres_to_s3.checks.sums import CsvTotals, TotalledFile, sum_problems
from postgres_to_s3.columns import Column
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.files.chunk_writer import ChunkFile, ChunkWriter, CrlfChunkWriter
from postgres_to_s3.files.gzip_file import BLOCK_BYTES, GzipFiles
from postgres_to_s3.files.progress import Progress
from postgres_to_s3.options.export_options import ExportOptions
from postgres_to_s3.postgres import query as export_query
from postgres_to_s3.postgres import rows as copy_stream
from postgres_to_s3.postgres.table_chunks import Chunk
from postgres_to_s3.s3.dry_run import DryRun
from postgres_to_s3.s3.publication import Publication

OpenFile = Callable[[int], ChunkFile]


@dataclass(frozen=True)
class ChunkCopier:
    """Copies chunks in the same way on whatever connection, from several threads at once.

    :param open_file: opens the file of a chunk
    :param piece_bytes: size of the pieces a file takes
    :param progress: hears of every piece
    """

    open_file: OpenFile
    piece_bytes: int
    columns: Sequence[Column]
    options: ExportOptions
    progress: Progress
    files: list[CsvTotals] = field(default_factory=list)

    def copy(self, connection: Any, chunk: Chunk) -> None:
        """Copy the chunk's rows into as many files as they fill.

        :raises PermanentError: not all rows arrived
        """
        dialect = self.options.csv
        kind = ChunkWriter if dialect.line_end == "\n" else CrlfChunkWriter
        start = dialect.file_start(column.name for column in self.columns)
        rows = self.options.max_rows_per_file
        writer = kind(self._open, start, rows, self.piece_bytes, self.progress, chunk.index)
        query = export_query.render_query(chunk.query, self.columns, dialect)
        options = export_query.copy_options(connection, self.columns, dialect)
        sent = copy_stream.copy_rows(connection, query, writer, options)
        compare_counts(chunk.rows, sent, writer.rows)

    def compare_sums(self, expected: Mapping[str, str | None]) -> None:
        """Compare what the warehouse summed with what is in the files, where the options ask for it.

        :raises PermanentError: they differ; names every column
        """
        problems = sum_problems(expected, self.files) if self.options.compare_sums else []
        if problems:
            raise PermanentError(
                f"{'; '.join(problems)} in the files; nothing was published."
                " A query that gives other values each time it runs, by random() or a limit without an order, cannot be"
                " compared. Of any other report this: what PostgreSQL sent is not what it summed."
            )

    def _open(self, index: int) -> ChunkFile:
        file = self.open_file(index)
        if not self.options.compare_sums:
            return file
        totals = CsvTotals(self.columns, self.options.csv)
        self.files.append(totals)
        return TotalledFile(file, totals)


@contextmanager
def chunk_copier(
    publication: Publication | DryRun, columns: Sequence[Column], options: ExportOptions, rows: int
) -> Iterator[ChunkCopier]:
    """A copier for the block.

    :param rows: of all chunks together
    """

    def open_file(index: int) -> ChunkFile:
        own_rows = min(rows - index * options.max_rows_per_file, options.max_rows_per_file)
        return publication.open(index, {"rows": str(own_rows)})

    if options.compression == "none":
        yield ChunkCopier(open_file, options.part_bytes, columns, options, Progress(rows))
        return
    with GzipFiles(open_file, options.part_bytes, options.connections) as files:
        yield ChunkCopier(files.open, BLOCK_BYTES, columns, options, Progress(rows))


def compare_counts(counted: int, sent: int, written: int) -> None:
    """Compare what the warehouse counted with what it sent and with what is in the files.

    :raises PermanentError: they differ
    """
    if not counted == sent == written:
        raise PermanentError(
            f"expected the {counted} rows that the warehouse counted, but it sent {sent} and {written} were"
            " written; nothing was published. Report this: one snapshot must not change."
        )
