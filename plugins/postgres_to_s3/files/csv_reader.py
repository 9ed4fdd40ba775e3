"""Reads columns of an export's files, exactly or with an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO

import pyarrow as pa
from pyarrow import csv

from postgres_to_s3.errors import PermanentError
from postgres_to_s3.options.csv_dialect import BYTE_ORDER_MARK, CsvDialect

# What is parsed at once: little memory, and enough to be fast.
BLOCK_BYTES = 1024 * 1024
# What is read of a file at once; more where a row is longer.
FILE_BLOCK_BYTES = 8 * 1024 * 1024


class NoCsvError(PermanentError):
    """The bytes are no rows of the columns that are expected; says nothing of what they hold."""


class CsvReader:
    """Reads rows as Arrow tables, whose columns are called by their places from 0 on: ``"7"``.

    A NULL is null there, whatever text stands for it, and differs from the same text as a value. Bytes that are no text
    in UTF-8 stay as they are.

    :param columns: how many columns the rows have
    :param types: the types of the columns to read, by their places. Where a value is none of its type, all of them come
        as text; without any only the first column is read, as text
    :param dialect: how the rows are written
    """

    def __init__(self, columns: int, types: Mapping[int, pa.DataType], dialect: CsvDialect) -> None:
        self._dialect = dialect
        # By place: two columns of one name would be read as the first of them.
        self._names = [str(place) for place in range(columns)]
        self._types = {str(place): kind for place, kind in sorted(types.items())} or {"0": pa.string()}
        self._parse = csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote,
            newlines_in_values=True,
            # A row whose only value is NULL.
            ignore_empty_lines=False,
        )

    def read(self, rows: bytes | bytearray, start: int = 0) -> pa.Table:
        """Whole rows.

        :param start: where the first of them begins, behind the line of column names
        :raises NoCsvError: they are none
        """
        content = pa.py_buffer(rows).slice(start)
        if rows.startswith(BYTE_ORDER_MARK, start):
            # Arrow takes it for that of a file, and drops it.
            content = pa.py_buffer(BYTE_ORDER_MARK + content.to_pybytes())
        attempts = ((BLOCK_BYTES, self._types), (content.size + 1, dict.fromkeys(self._types, pa.string())))
        for block_bytes, types in attempts:
            try:
                return csv.read_csv(content, self._options(block_bytes), self._parse, self._convert(types))
            except pa.ArrowInvalid:
                # A row that is longer than a block, or a value that is none of its type. The message quotes the row.
                continue
        raise NoCsvError(f"expected CSV of {len(self._names)} columns, found other bytes")

    def _options(self, block_bytes: int) -> csv.ReadOptions:
        return csv.ReadOptions(use_threads=False, block_size=block_bytes, column_names=self._names)

    def _convert(self, types: Mapping[str, pa.DataType]) -> csv.ConvertOptions:
        return csv.ConvertOptions(
            check_utf8=False,
            null_values=[self._dialect.null],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            decimal_point="," if self._dialect.decimal_comma else ".",
            include_columns=list(types),
            column_types=types,
        )


def whole_rows(file: IO[bytes], quote: str) -> Iterator[bytes]:
    """The rest of a file in blocks of some MiB, each of which ends where a row ends.

    :param quote: the character around values, in which a line break ends no row
    :raises NoCsvError: the file ends before a row does
    """
    rest = b""
    # A long row is searched for its end again and again, in ever longer blocks.
    while block := file.read(max(FILE_BLOCK_BYTES, len(rest))):
        rest += block
        if end := _last_end(rest, quote.encode()):
            yield rest[:end]
            rest = rest[end:]
    if rest:
        raise NoCsvError("expected a file that ends where a row ends, found one that was cut")


def _last_end(rows: bytes, quote: bytes) -> int:
    """The end of the last whole row; 0 without one."""
    end = len(rows)
    is_quoted = rows.count(quote) % 2
    while True:
        if is_quoted:
            end = rows.rfind(quote, 0, end)
        line_end = rows.rfind(b"\n", 0, end)
        is_quoted = rows.count(quote, max(line_end, 0), end) % 2
        if line_end < 0 or not is_quoted:
            return line_end + 1
        end = line_end
