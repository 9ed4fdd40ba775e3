"""The rows of a file are read as they stand there, whatever the dialect, or not at all."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pytest

from postgres_to_s3.files import csv_reader
from postgres_to_s3.files.csv_reader import CsvReader, NoCsvError, whole_rows
from postgres_to_s3.options.csv_dialect import CsvDialect

# Three rows of two columns; quotes and line breaks stand at every distance from the bounds of small blocks.
ROWS = b'"a\n""b""\n\n",1\n,"x\ny,z"\n' + b'"' + b'\n""' * 50 + b'",3\n'
VALUES = [('a\n"b"\n\n', "1"), (None, "x\ny,z"), ('\n"' * 50, "3")]


def rows_of(content: bytes, columns: int = 2, **dialect: Any) -> list[tuple[str | None, ...]]:
    reader = CsvReader(columns, dict.fromkeys(range(columns), pa.string()), CsvDialect(**dialect))
    return [tuple(row.values()) for row in reader.read(content).to_pylist()]


@pytest.mark.parametrize(
    ("content", "dialect", "expected"),
    [
        pytest.param(b'a,""\n,"x\ny"\n', {}, [("a", ""), (None, "x\ny")], id="null-and-empty-text"),
        pytest.param(
            b"NULL\t'NULL'\n\t'it''s'\n",
            {"null": "NULL", "quote": "'", "delimiter": "\t"},
            [(None, "NULL"), ("", "it's")],
            id="marks",
        ),
        pytest.param(b'1,"a\nb"\r\n,"\r"\r\n', {"line_end": "\r\n"}, [("1", "a\nb"), (None, "\r")], id="crlf"),
        pytest.param(b"NaN,null\nN/A,NA\n", {}, [("NaN", "null"), ("N/A", "NA")], id="words-that-others-take-for-null"),
        pytest.param(b"\xef\xbb\xbfa,b\n", {}, [("\ufeffa", "b")], id="a-value-that-begins-like-a-file"),
    ],
)
def test_values_are_those_of_the_file(
    content: bytes, dialect: dict[str, Any], expected: list[tuple[str | None, ...]]
) -> None:
    assert rows_of(content, **dialect) == expected


def test_an_empty_line_is_a_row_of_one_null() -> None:
    assert rows_of(b"\n\n1\n", columns=1) == [(None,), (None,), ("1",)]


@pytest.mark.parametrize("content", [b"a\n", b"a,b,c\n", b'"a,b\n'])
def test_what_is_no_csv_is_an_error_that_quotes_nothing_of_it(content: bytes) -> None:
    with pytest.raises(NoCsvError) as raised:
        rows_of(content)

    assert str(raised.value) == "expected CSV of 2 columns, found other bytes"


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1024])
def test_rows_may_be_longer_than_what_is_read_at_once(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", size)
    monkeypatch.setattr(csv_reader, "FILE_BLOCK_BYTES", size)

    blocks = list(whole_rows(io.BytesIO(ROWS), '"'))

    assert b"".join(blocks) == ROWS
    assert [row for block in blocks for row in rows_of(block)] == VALUES == rows_of(ROWS)


@pytest.mark.parametrize("content", [b"a,b\nc,d", b'a,b\n"c,d\n', b'"'])
def test_a_file_that_was_cut_is_an_error(content: bytes) -> None:
    with pytest.raises(NoCsvError, match="found a truncated one"):
        list(whole_rows(io.BytesIO(content), '"'))


@pytest.mark.timeout(20)
def test_a_text_of_line_breaks_alone_is_read_at_once() -> None:
    content = b'"' + b"\n" * 30_000_000 + b'",1\n'

    (block,) = whole_rows(io.BytesIO(content), '"')

    assert len(rows_of(block)[0][0] or "") == 30_000_000
