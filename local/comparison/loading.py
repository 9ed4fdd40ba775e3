"""Loads a source into a table of text columns, as it stands."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

import psycopg
from psycopg import sql

from local.comparison.sources import CsvFile, CsvSource, Source, TableSource
from local.errors import StackError
from postgres_to_s3.columns import Column, distinct_names
from postgres_to_s3.options.csv_dialect import BYTE_ORDER_MARK, ENCODINGS, RFC4180, CsvDialect

Connection = psycopg.Connection[tuple[object, ...]]
BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Loaded:
    """A source in the comparing database.

    :param table: its name; column number n of the source is called ``c<n>``, from 1
    :param columns: the source's own names, distinct
    :param types: PostgreSQL's type of each column, as far as it is known
    """

    name: str
    table: str
    columns: Sequence[str]
    types: Mapping[str, str]
    rows: int
    decimal_comma: bool = False


def load(connection: Connection, source: Source, table: str) -> Loaded:
    """Copy all rows of a source into a new table.

    :raises StackError: files with different columns, damaged CSV, or other rows than the manifest promises
    """
    try:
        if isinstance(source, TableSource):
            return _load_table(connection, source, table)
        return _load_files(connection, source, table)
    except psycopg.Error as error:
        raise StackError(f"'{source.name}' cannot be read: {str(error).strip()}") from error


def _load_table(connection: Connection, source: TableSource, table: str) -> Loaded:
    with psycopg.connect(source.dsn, options="-c datestyle=ISO -c timezone=UTC -c extra_float_digits=1") as origin:
        origin.read_only = True
        name = sql.Identifier(source.schema, source.table)
        described = origin.execute(sql.SQL("select * from {} limit 0").format(name)).description or []
        columns = [Column(each.name, each.type_display) for each in described]
        _create(connection, table, len(columns))
        rows = 0
        query = sql.SQL("copy (select * from {}) to stdout (format csv)").format(name)
        with origin.cursor() as cursor:
            with cursor.copy(query) as blocks:
                _copy(connection, table, (bytes(block) for block in blocks), RFC4180, has_header=False)
            rows = cursor.rowcount
    names = distinct_names(columns)
    types = {name: column.type for name, column in zip(names, columns, strict=True)}
    return Loaded(source.name, table, names, types, rows)


def _load_files(connection: Connection, source: CsvSource, table: str) -> Loaded:
    names: list[str] = []
    rows = 0
    for file in source.files:
        with file.open() as stream:
            start, header = _start(stream, source, file)
            if not names:
                names = header
                _create(connection, table, len(names))
            if header != names:
                raise StackError(f"'{file.name}': expected the columns {names} of the first file, found {header}")
            blocks = _blocks(start, stream)
            found = _copy(connection, table, blocks, source.dialect, has_header=source.dialect.header)
        if file.rows not in (None, found):
            raise StackError(f"'{file.name}': expected {file.rows} rows as its manifest says, found {found}")
        rows += found
    return Loaded(source.name, table, names, source.types, rows, source.dialect.decimal_comma)


def _start(stream: IO[bytes], source: CsvSource, file: CsvFile) -> tuple[bytes, list[str]]:
    """The first bytes of a file, and the names of its columns."""
    start = stream.read(BLOCK_BYTES).removeprefix(BYTE_ORDER_MARK)
    if not source.dialect.header:
        return start, list(source.types)
    text = io.StringIO(start.decode(ENCODINGS[source.dialect.encoding], errors="ignore"), newline="")
    line = next(csv.reader(text, delimiter=source.dialect.delimiter, quotechar=source.dialect.quote), None)
    if not line:
        raise StackError(f"'{file.name}': expected a line of column names, found an empty file")
    return start, distinct_names([Column(name, "text") for name in line])


def _blocks(start: bytes, stream: IO[bytes]) -> Iterator[bytes]:
    yield start
    while block := stream.read(BLOCK_BYTES):
        yield block


def _create(connection: Connection, table: str, columns: int) -> None:
    fields = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(f"c{n}")) for n in range(1, columns + 1))
    connection.execute(sql.SQL("create unlogged table {} ({})").format(sql.Identifier(table), fields))


def _copy(connection: Connection, table: str, blocks: Iterator[bytes], dialect: CsvDialect, *, has_header: bool) -> int:
    """Returns the number of data rows."""
    statement = sql.SQL(
        "copy {} from stdin (format csv, header {}, delimiter {}, quote {}, null {}, encoding {})"
    ).format(
        sql.Identifier(table),
        sql.Literal(has_header),
        sql.Literal(dialect.delimiter),
        sql.Literal(dialect.quote),
        sql.Literal(dialect.null),
        sql.Literal(dialect.encoding),
    )
    with connection.cursor() as cursor:
        with cursor.copy(statement) as copy:
            for block in blocks:
                copy.write(block)
        return cursor.rowcount
