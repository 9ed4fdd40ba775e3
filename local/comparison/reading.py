"""Reads the rows of a source in batches of text columns, and holds its files against their manifest."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pyarrow as pa
from pyarrow import csv as arrow_csv

from local.comparison.sources import BLOCK_BYTES, CsvFile, Source
from local.errors import StackError, stack_errors
from postgres_to_s3.columns import Column, distinct_names
from postgres_to_s3.options.csv_dialect import BYTE_ORDER_MARK, ENCODINGS, CsvDialect

# Read at once; no row can be longer.
BATCH_BYTES = 16 * 1024 * 1024


def names_of(source: Source) -> list[str]:
    """Return the distinct names of a source's columns.

    :raises StackError: its first file cannot be read
    """
    if not (source.dialect.header and source.files):
        return list(source.types)
    with _opened(source.files[0], source.dialect) as stream:
        return _header(stream, source.dialect)


def batches(source: Source, names: Sequence[str], wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Yield all rows of a source, with the wanted ones of its columns.

    :raises StackError: files with different columns, damaged CSV, or a file that is not the one of its manifest
    """
    for file in source.files:
        with _opened(file, source.dialect) as stream:
            if source.dialect.header and (header := _header(stream, source.dialect)) != names:
                raise StackError(f"'{file.name}': expected the columns {names} of the first file, found {header}")
            rows = 0
            for batch in _parsed(stream, source.dialect, len(names), [names.index(name) for name in wanted]):
                rows += batch.num_rows
                yield batch
            if file.promised and rows != file.promised.rows:
                raise StackError(
                    f"'{file.name}': expected {file.promised.rows} rows as its manifest says, found {rows}"
                )


def _parsed(
    stream: io.BufferedReader, dialect: CsvDialect, columns: int, wanted: Sequence[int]
) -> Iterator[pa.RecordBatch]:
    if not stream.peek(1):
        return
    places = [str(place) for place in range(columns)]
    included = [str(place) for place in wanted]
    yield from arrow_csv.open_csv(
        stream,
        arrow_csv.ReadOptions(
            column_names=places, block_size=BATCH_BYTES, encoding=ENCODINGS[dialect.encoding], use_threads=False
        ),
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


def _header(stream: io.BufferedReader, dialect: CsvDialect) -> list[str]:
    """Read the names of the columns, and not a byte more."""
    lines = (line.removeprefix(BYTE_ORDER_MARK) for line in iter(stream.readline, b""))
    texts = (line.decode(ENCODINGS[dialect.encoding]) for line in lines)
    names = next(csv.reader(texts, delimiter=dialect.delimiter, quotechar=dialect.quote), None)
    if not names:
        raise StackError("expected a line of column names, found an empty file")
    return distinct_names([Column(name, "text") for name in names])


@contextmanager
def _opened(file: CsvFile, dialect: CsvDialect) -> Iterator[io.BufferedReader]:
    """Give the unpacked bytes of a file; an error inside the block names the file."""
    blocks = _verified(file)
    content = _unpacked(blocks) if file.name.endswith(".gz") else blocks
    with stack_errors(f"'{file.name}' cannot be read"):
        try:
            yield _stream(_with_paired_quotes(content, dialect.quote.encode()))
        except Exception:
            # Where the bytes are not those of the manifest, that says more.
            deque(blocks, maxlen=0)
            raise


def _verified(file: CsvFile) -> Iterator[bytes]:
    digest, size = hashlib.sha256(), 0
    for block in file.blocks():
        digest.update(block)
        size += len(block)
        yield block
    promised = file.promised
    if promised and (promised.bytes, promised.sha256) != (size, digest.hexdigest()):
        raise StackError(
            f"'{file.name}': expected {promised.bytes} bytes with SHA-256 {promised.sha256} as its manifest says, "
            f"found {size} with {digest.hexdigest()}"
        )


def _unpacked(blocks: Iterator[bytes]) -> Iterator[bytes]:
    with gzip.GzipFile(fileobj=_stream(blocks)) as unpacked:
        yield from iter(partial(unpacked.read, BLOCK_BYTES), b"")


def _with_paired_quotes(blocks: Iterator[bytes], quote: bytes) -> Iterator[bytes]:
    """Pass the blocks on; pyarrow would take a file that ends inside a quoted value for a whole one."""
    quotes = 0
    for block in blocks:
        quotes += block.count(quote)
        yield block
    if quotes % 2:
        raise ValueError("a quoted value has no end")


def _stream(blocks: Iterator[bytes]) -> io.BufferedReader:
    return io.BufferedReader(_Blocks(blocks), BLOCK_BYTES)


class _Blocks(io.RawIOBase):
    """Blocks of bytes as a file."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while not self._rest and (block := next(self._blocks, None)) is not None:
            self._rest = memoryview(block)
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)
