"""Reads columns of an export's files as text, exactly or with an error."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import IO

import pyarrow as pa
from pyarrow import csv

from postgres_to_s3.errors import PermanentError
from postgres_to_s3.options.csv_dialect import BYTE_ORDER_MARK, CsvDialect

# What is read at once; more where a row is longer.
BLOCK_BYTES = 1024 * 1024


class NoCsvError(PermanentError):
    """The bytes are no rows of the columns that are expected; says nothing of what they hold."""


class CsvReader:
    """Reads rows as Arrow tables of texts, whose columns are called by their places from 0 on: ``"7"``.

    A NULL is null there, whatever text stands for it, and differs from the same text as a value. Bytes that are no text
    in UTF-8 stay as they are.

    :param columns: how many columns the rows have
    :param places: the columns to read; the first one, where nothing but the number of rows is asked for
    :param dialect: how the rows are written
    """

    def __init__(self, columns: int, places: Collection[int], dialect: CsvDialect) -> None:
        self._quote = dialect.quote.encode()
        # By place: two columns of one name would be read as the first of them.
        self._names = [str(place) for place in range(columns)]
        self._parse = csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote,
            newlines_in_values=True,
            # A row whose only value is NULL.
            ignore_empty_lines=False,
        )
        wanted = [str(place) for place in sorted({*places} or {0})]
        self._convert = csv.ConvertOptions(
            check_utf8=False,
            null_values=[dialect.null],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            include_columns=wanted,
            column_types=dict.fromkeys(wanted, pa.string()),
        )

    def read(self, rows: bytes | bytearray, start: int = 0) -> Iterator[pa.Table]:
        """Whole rows, in one table after the other, so that little is in memory.

        :param start: where the first row begins, behind the line of column names
        :raises NoCsvError: they are none
        """
        content = pa.py_buffer(rows)
        while start < len(rows):
            end = _end_of_rows(rows, self._quote, start)
            if not end:
                raise self._no_csv()
            block = content.slice(start, end - start)
            if rows.startswith(BYTE_ORDER_MARK, start):
                # Arrow takes it for that of a file, and drops it.
                block = pa.py_buffer(BYTE_ORDER_MARK + block.to_pybytes())
            yield self._table(block)
            start = end

    def _table(self, rows: pa.Buffer) -> pa.Table:
        # A row that is longer than a block is an error.
        options = csv.ReadOptions(use_threads=False, block_size=rows.size + 1, column_names=self._names)
        try:
            return csv.read_csv(rows, options, self._parse, self._convert)
        except pa.ArrowInvalid:
            # Its own message quotes the row.
            raise self._no_csv() from None

    def _no_csv(self) -> NoCsvError:
        return NoCsvError(f"expected CSV of {len(self._names)} columns, found other bytes")


def whole_rows(file: IO[bytes], quote: str) -> Iterator[bytes]:
    """The rest of a file in blocks of about a MiB, each of which ends where a row ends, or where the file does.

    :param quote: the character around values, in which a line break ends no row
    """
    rest = b""
    # A long row is searched for its end again and again, in ever longer blocks.
    while block := file.read(max(BLOCK_BYTES, len(rest))):
        rest += block
        end = _last_end(rest, quote.encode(), 0, len(rest))
        if end:
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def _end_of_rows(rows: bytes | bytearray, quote: bytes, start: int) -> int:
    """The end of the last row in the block that begins at ``start``; of a longer block where a row is longer.

    :return: 0 where the rows end before a row does
    """
    size = BLOCK_BYTES
    while start + size < len(rows):
        if end := _last_end(rows, quote, start, start + size):
            return end
        size *= 2
    end = _last_end(rows, quote, start, len(rows))
    return end if end == len(rows) else 0


def _last_end(rows: bytes | bytearray, quote: bytes, start: int, end: int) -> int:
    """The end of the last whole row between two places, of which the first is where a row begins; 0 without one."""
    is_quoted = rows.count(quote, start, end) % 2
    while True:
        if is_quoted:
            end = rows.rfind(quote, start, end)
        line_end = rows.rfind(b"\n", start, end)
        is_quoted = rows.count(quote, max(line_end, start), end) % 2
        if line_end < 0 or not is_quoted:
            return line_end + 1
        end = line_end
