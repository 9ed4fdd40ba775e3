"""Counts the rows and adds up the numbers in the bytes of an export's files, and compares them with the warehouse."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import Lock

import pyarrow as pa

from postgres_to_s3.columns import NUMBERS, PLAIN, Column
from postgres_to_s3.files.chunk_writer import ChunkFile
from postgres_to_s3.files.csv_reader import BLOCK_BYTES, CsvReader, NoCsvError
from postgres_to_s3.files.sums import EXACT, Sum, amount_sums, control_sums
from postgres_to_s3.options.amounts import Amount
from postgres_to_s3.options.csv_dialect import CsvDialect
from postgres_to_s3.threads import OneBehind

log = logging.getLogger(__name__)

LARGEST_BLOCK_BYTES = 2**31 - 1
SHOWN_DIGITS = 80


class CsvTotals:
    """The rows, sums and amounts of one file, read from its bytes.

    :param amounts: by name
    """

    def __init__(
        self, columns: Sequence[Column], dialect: CsvDialect, amounts: Mapping[str, Amount] | None = None
    ) -> None:
        self.rows = 0
        self.sums = control_sums(columns, dialect)
        self.amounts = amount_sums(columns, dialect, amounts or {})
        self._start = dialect.file_start(column.name for column in columns)
        self._all: list[Sum] = [*self.sums.values(), *self.amounts.values()]
        has_line_breaks = any(
            "\r\n" in (text or "") for amount in (amounts or {}).values() for text in amount.where.values()
        )
        block_bytes = LARGEST_BLOCK_BYTES if has_line_breaks else BLOCK_BYTES
        self._reader = CsvReader(len(columns), _types(self._all), dialect, block_bytes)
        self._is_folding = Lock()

    def add(self, rows: bytes | bytearray) -> None:
        """Add the next rows of the file.

        :param rows: whole rows; the first bytes of a file hold its line of column names, too
        :raises NoCsvError: the bytes are no rows of these columns, or the file begins with another line
        """
        start, self._start = self._start, b""
        if not rows.startswith(start):
            raise NoCsvError(f"expected the line {start!r}, found other bytes")
        if len(rows) > len(start):
            table = self._reader.read(rows, len(start))
            self.rows += table.num_rows
            for each in self._all:
                each.add(table)

    def fold(self, other: CsvTotals) -> None:
        """Add the totals of another file of the same columns, from any thread."""
        with self._is_folding:
            self.rows += other.rows
            for own, others in zip(self._all, other._all, strict=True):
                own.fold(others)


def _types(sums: Iterable[Sum]) -> dict[int, pa.DataType]:
    """Return the type to read each column as, by its place; text if one of the sums needs it."""
    types: dict[int, pa.DataType] = {}
    for each in sums:
        for place, kind in each.types.items():
            types[place] = kind if types.get(place, kind) == kind else pa.string()
    return types


class CountedFile:
    """A file whose parts are read again in another thread while they are sent.

    :param file: takes the parts; each ends where a row ends
    :param all_files: gets the totals of this file when it is complete
    """

    def __init__(self, file: ChunkFile, totals: CsvTotals, threads: ThreadPoolExecutor, all_files: CsvTotals) -> None:
        self._file = file
        self._totals = totals
        self._all_files = all_files
        self._reading = OneBehind(threads)

    def send(self, part: bytes | bytearray) -> None:
        """Wait until the previous part is read, then start to read this one and hand it on.

        :raises NoCsvError: the previous part is no CSV
        """
        self._reading.start(self._totals.add, part)
        self._file.send(part)

    def finish(self, rows: int) -> None:
        """The file is complete and holds this many data rows."""
        self._reading.wait()
        self._all_files.fold(self._totals)
        self._file.finish(rows)


def sum_problems(expected: Mapping[str, str | None], totals: CsvTotals) -> list[str]:
    """Compare the sums of all files with the warehouse's; return a sentence for each column that differs."""
    problems = []
    for name, text in expected.items():
        found = totals.sums.get(name)
        if found and found.others:
            shown = f"{found.others} values that are not numbers"
        elif _is_same(text, found.value if found else None):
            continue
        else:
            shown = _shorten(_plain(found.value if found else None))
        problems.append(f"expected {_shorten(str(text))} as the sum of column {name!r}, found {shown}")
    return problems


def sums_reference() -> str:
    """Return a Markdown table of the types that a sum covers, and of those that it does not."""
    summed = ", ".join(f"`{kind}`" for kind in NUMBERS)
    others = ", ".join(f"`{kind}`" for kind in PLAIN if kind not in NUMBERS)
    return (
        "| type of the column | what is compared before anything is published |\n|---|---|\n"
        f"| {summed} | the sum, with every digit |\n"
        f"| {others}, `text`, arrays and every other type | nothing but the number of rows |\n"
    )


def amount_texts(totals: CsvTotals, amounts: Mapping[str, Amount]) -> dict[str, str | None]:
    """Return each amount over all files, by its name; None if a text is not a number, which the log reports."""
    for name, amount in amounts.items():
        if others := totals.amounts[name].others:
            log.warning(
                "The amount %r is unknown: column %r holds texts that are not numbers with %s (%s of them)",
                name,
                amount.column,
                "a decimal comma" if amount.decimal_comma else "a decimal point",
                others,
            )
    return {
        name: None if found.others else _for_people(found.value or Decimal(0)) for name, found in totals.amounts.items()
    }


def _for_people(number: Decimal) -> str:
    """Write the number with at least two decimals, without further zeros: ``119.0000`` becomes ``119.00``."""
    if not number.is_finite():
        return str(number)
    whole, _, decimals = _plain(number).partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def _plain(number: Decimal | None) -> str:
    """Write the number without an exponent and without trailing zeros."""
    return str(number) if number is None or not number.is_finite() else f"{number.normalize(EXACT):f}"


def _shorten(text: str) -> str:
    """Return the text, or its beginning and its number of characters if it is long."""
    return text if len(text) <= SHOWN_DIGITS else f"{text[:SHOWN_DIGITS]}… ({len(text)} characters)"


def _is_same(text: str | None, found: Decimal | None) -> bool:
    if text is None or found is None:
        return text is None and found is None
    expected = Decimal(text)
    return expected == found or (expected.is_nan() and found.is_nan())
