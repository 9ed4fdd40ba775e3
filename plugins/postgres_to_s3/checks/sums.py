"""Adds up CSV text: how many rows it holds, and the exact sum of each column of numbers."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, localcontext
from typing import IO, TYPE_CHECKING

from postgres_to_s3.columns import Column, summed_columns
from postgres_to_s3.options.csv_dialect import ENCODINGS, CsvDialect

if TYPE_CHECKING:
    from postgres_to_s3.files.chunk_writer import ChunkFile

# No sum is rounded; PostgreSQL's numbers may be NaN or infinite, which is no error here either.
EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])


class CsvTotals:
    """Rows and sums of one file.

    :param columns: those of the file
    :param dialect: how it is written
    """

    def __init__(self, columns: Sequence[Column], dialect: CsvDialect) -> None:
        self.rows = 0
        self._dialect = dialect
        self._places = summed_columns(columns)
        self.sums: dict[str, Decimal | None] = dict.fromkeys(self._places)
        self._is_at_start = True

    def read(self, file: IO[bytes]) -> None:
        """Add up all rows of ``file``, which holds whole ones; the first call begins where the CSV file begins.

        :raises UnicodeDecodeError, csv.Error: this is no CSV in the dialect's encoding
        """
        text = io.TextIOWrapper(file, self._encoding(), newline="")
        try:
            with localcontext(EXACT):
                for row in self._rows(text):
                    self._add(row)
        finally:
            # Or the file would be closed with its wrapper.
            text.detach()

    def _encoding(self) -> str:
        encoding = ENCODINGS[self._dialect.encoding]
        return f"{encoding}-sig" if self._dialect.bom and self._is_at_start else encoding

    def _rows(self, text: IO[str]) -> Iterator[list[str]]:
        # A value of PostgreSQL may be as long as a gigabyte.
        csv.field_size_limit(sys.maxsize)
        rows = csv.reader(text, delimiter=self._dialect.delimiter, quotechar=self._dialect.quote)
        if self._is_at_start and self._dialect.header:
            next(rows, None)
        self._is_at_start = False
        return rows

    def _add(self, row: Sequence[str]) -> None:
        self.rows += 1
        for name, place in self._places.items():
            # An empty line is a row whose only value is NULL.
            text = row[place] if place < len(row) else self._dialect.null
            if text != self._dialect.null:
                value = Decimal(text.replace(",", ".") if self._dialect.decimal_comma else text)
                before = self.sums[name]
                self.sums[name] = value if before is None else before + value


class TotalledFile:
    """A file of an export whose rows are added up on their way.

    :param file: where the parts go; each ends where a row ends
    """

    def __init__(self, file: ChunkFile, totals: CsvTotals) -> None:
        self._file = file
        self._totals = totals

    def send(self, part: bytes | bytearray) -> None:
        """Add up the rows of the next part, and hand it on."""
        self._totals.read(io.BytesIO(part))
        self._file.send(part)

    def finish(self, rows: int) -> None:
        """The file is complete and holds this many data rows."""
        self._file.finish(rows)


def sum_problems(expected: Mapping[str, str | None], files: Collection[CsvTotals]) -> list[str]:
    """A sentence for each column whose sum over all files is not the one that the warehouse gave."""
    found = {name: _total([file.sums.get(name) for file in files]) for name in expected}
    return [
        f"expected {text} as the sum of column {name!r}, found {found[name]}"
        for name, text in expected.items()
        if not _is_same(text, found[name])
    ]


def _total(sums: Sequence[Decimal | None]) -> Decimal | None:
    values = [value for value in sums if value is not None]
    with localcontext(EXACT):
        return sum(values, Decimal(0)) if values else None


def _is_same(text: str | None, found: Decimal | None) -> bool:
    if text is None or found is None:
        return text is None and found is None
    expected = Decimal(text)
    return expected == found or (expected.is_nan() and found.is_nan())
