"""Reads columns of an export's files, exactly or with an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import IO

import pyarrow as pa
from pyarrow import csv

from postgres_to_s3.errors import PermanentError
from postgres_to_s3.options.csv_dialect import BYTE_ORDER_MARK, CsvDialect

# Parsed at once: small enough for little memory, large enough to be fast.
BLOCK_BYTES = 1024 * 1024
# Read from a file at once; more if a row is longer.
FILE_BLOCK_BYTES = 8 * 1024 * 1024


class NoCsvError(PermanentError):
    """The bytes are not rows of the expected columns. The message never quotes them."""


class CsvReader:
    """Reads rows into Arrow tables, whose columns are named by their positions from 0 on: ``"7"``.

    NULL stays apart from a value of the same text. Text is not decoded, whatever its encoding.

    :param columns: the number of columns of a row
    :param types: the type of each column to read, by its position. If a value does not fit its type, all of them are
        read as text. If empty, only the first column is read, as text
    :param block_bytes: parsed at once. Arrow drops the LF of a CR LF that a block ends in, inside a value, too
    """

    def __init__(
        self, columns: int, types: Mapping[int, pa.DataType], dialect: CsvDialect, block_bytes: int = BLOCK_BYTES
    ) -> None:
        self._block_bytes = block_bytes
        self._dialect = dialect
        # Arrow takes two columns of one name for the first of them.
        self._names = [str(place) for place in range(columns)]
        self._types = {str(place): kind for place, kind in sorted(types.items())} or {"0": pa.string()}
        self._parse = csv.ParseOptions(
            delimiter=dialect.delimiter,
            quote_char=dialect.quote,
            newlines_in_values=True,
            # An empty line is a row whose only value is NULL.
            ignore_empty_lines=False,
        )

    def read(self, rows: bytes | bytearray, start: int = 0) -> pa.Table:
        """Read whole rows.

        :param start: the position of the first row, after the line of column names
        :raises NoCsvError: the bytes are no rows of these columns
        """
        content = pa.py_buffer(rows).slice(start)
        if rows.startswith(BYTE_ORDER_MARK, start):
            # Arrow would drop it, as if the file began here.
            content = pa.py_buffer(BYTE_ORDER_MARK + content.to_pybytes())
        whole = content.size + 1
        attempts = (
            (min(self._block_bytes, whole), self._types),
            (whole, dict.fromkeys(self._types, pa.string())),
        )
        for block_bytes, types in attempts:
            try:
                return csv.read_csv(content, self._options(block_bytes), self._parse, self._convert(types))
            except pa.ArrowInvalid:
                # A row is longer than a block, or a value does not fit its type. Arrow's message quotes the row.
                continue
        raise NoCsvError(f"expected CSV of {len(self._names)} columns, found other bytes")

    def _options(self, block_bytes: int) -> csv.ReadOptions:
        return csv.ReadOptions(use_threads=False, block_size=block_bytes, column_names=self._names)

    def _convert(self, types: Mapping[str, pa.DataType]) -> csv.ConvertOptions:
        return csv.ConvertOptions(
            check_utf8=False,
            null_values=[self._dialect.encode(self._dialect.null)],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            decimal_point="," if self._dialect.decimal_comma else ".",
            include_columns=list(types),
            column_types=types,
        )


def whole_rows(file: IO[bytes], quote: str) -> Iterator[bytes]:
    """Read the rest of a file in blocks of a few MiB that end where a row ends.

    :param quote: the quote character; a line break between two quotes does not end a row
    :raises NoCsvError: the file ends within a row
    """
    rest = b""
    # Doubling the block keeps the search for the end of a long row linear.
    while block := file.read(max(FILE_BLOCK_BYTES, len(rest))):
        rest += block
        if end := _last_end(rest, quote.encode()):
            yield rest[:end]
            rest = rest[end:]
    if rest:
        raise NoCsvError("expected a file that ends where a row ends, found a truncated one")


def _last_end(rows: bytes, quote: bytes) -> int:
    """Return the end of the last whole row; 0 if there is none."""
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
