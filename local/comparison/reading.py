"""Reads the rows of a source in batches of text columns, and holds its files against their manifest."""

from __future__ import annotations

import csv
import gzip
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import BinaryIO, cast

import pyarrow as pa
from pyarrow import csv as arrow_csv

from local.comparison.sources import BLOCK_BYTES, CsvFile, Source
from local.errors import StackError, stack_errors
from postgres_to_s3.columns import Column, distinct_names
from postgres_to_s3.options.csv_dialect import BYTE_ORDER_MARK, ENCODINGS, CsvDialect

# Read at once; no row can be longer.
BATCH_BYTES = 16 * 1024 * 1024


def names_of(source: Source, folder: str) -> list[str]:
    """Return the distinct names of a source's columns: those of its types or, where it has none, of its first file.

    :param folder: for a copy of a file
    :raises StackError: the file cannot be read
    """
    if source.types:
        return list(source.types)
    with _opened(source.files[0], folder) as stream:
        return _header(stream, source.dialect)


def batches(source: Source, names: Sequence[str], wanted: Sequence[str], folder: str) -> Iterator[pa.RecordBatch]:
    """Yield all rows of a source, with the wanted ones of its columns.

    :raises StackError: a file has other columns, is damaged, or is not the one of its manifest
    """
    for file in source.files:
        with _opened(file, folder) as stream:
            _require_paired_quotes(stream, source.dialect)
            if source.dialect.header and (header := _header(stream, source.dialect)) != names:
                raise ValueError(f"expected the columns {names}, found {header}")
            rows = 0
            for batch in _parsed(stream, source.dialect, len(names), [names.index(name) for name in wanted]):
                rows += batch.num_rows
                yield batch
            if file.promised and rows != file.promised.rows:
                raise ValueError(f"expected {file.promised.rows} rows as its manifest says, found {rows}")


def _require_paired_quotes(stream: BinaryIO, dialect: CsvDialect) -> None:
    """Refuse a file that ends inside a quoted value, which pyarrow takes for a whole one."""
    quote = dialect.quote.encode()
    if sum(block.count(quote) for block in iter(partial(stream.read, BLOCK_BYTES), b"")) % 2:
        raise ValueError("a quoted value has no end")
    stream.seek(0)


def _header(stream: BinaryIO, dialect: CsvDialect) -> list[str]:
    """Read the names of the columns, and not a byte more."""
    lines = (line.removeprefix(BYTE_ORDER_MARK) for line in iter(stream.readline, b""))
    texts = (line.decode(ENCODINGS[dialect.encoding]) for line in lines)
    names = next(csv.reader(texts, delimiter=dialect.delimiter, quotechar=dialect.quote), None)
    if not names:
        raise ValueError("expected a line of column names, found an empty file")
    return distinct_names([Column(name, "text") for name in names])


def _parsed(stream: BinaryIO, dialect: CsvDialect, columns: int, wanted: Sequence[int]) -> Iterator[pa.RecordBatch]:
    start = stream.tell()
    if not stream.read(1):
        return
    stream.seek(start)
    places = [str(place) for place in range(columns)]
    included = [str(place) for place in wanted]
    encoding = ENCODINGS[dialect.encoding]
    yield from arrow_csv.open_csv(
        stream,
        arrow_csv.ReadOptions(column_names=places, block_size=BATCH_BYTES, encoding=encoding, use_threads=False),
        arrow_csv.ParseOptions(
            delimiter=dialect.delimiter, quote_char=dialect.quote, newlines_in_values=True, ignore_empty_lines=False
        ),
        arrow_csv.ConvertOptions(
            include_columns=included,
            column_types=dict.fromkeys(included, pa.string()),
            null_values=[dialect.null],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


@contextmanager
def _opened(file: CsvFile, folder: str) -> Iterator[BinaryIO]:
    """Give the unpacked bytes of a file, after they were held against its manifest; errors name the file."""
    with stack_errors(f"'{file.name}' cannot be read"), tempfile.TemporaryFile(dir=folder) as copy:
        digest = hashlib.sha256()
        for block in file.blocks():
            digest.update(block)
            copy.write(block)
        size, promised = copy.tell(), file.promised
        if promised and (promised.bytes, promised.sha256) != (size, digest.hexdigest()):
            raise StackError(
                f"'{file.name}': expected {promised.bytes} bytes with SHA-256 {promised.sha256} as its manifest says, "
                f"found {size} with {digest.hexdigest()}"
            )
        copy.seek(0)
        yield cast(BinaryIO, gzip.GzipFile(fileobj=copy)) if file.name.endswith(".gz") else copy
