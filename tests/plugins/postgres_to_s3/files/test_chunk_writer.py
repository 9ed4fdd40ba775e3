"""Rows become chunks of an exact number of rows, and chunks become parts of bounded size."""

from __future__ import annotations

import pytest

from tests.support.memory_files import MemoryFiles


@pytest.mark.parametrize(
    ("rows", "chunks"),
    [
        pytest.param(0, [0], id="none"),
        pytest.param(1, [1], id="one"),
        pytest.param(2, [2], id="a-full-chunk"),
        pytest.param(3, [2, 1], id="one-more"),
        pytest.param(4, [2, 2], id="two-full-chunks"),
        pytest.param(5, [2, 2, 1], id="the-rest-last"),
    ],
)
def test_a_chunk_begins_when_the_one_before_is_full(rows: int, chunks: list[int]) -> None:
    files = MemoryFiles()
    writer = files.writer(max_rows=2)

    for row in range(rows):
        writer.write(b"%d\n" % row)
    writer.close()

    assert [file.rows for file in files.files] == chunks
    assert all(content.startswith(b"h\n") for content in files.contents())
    assert b"".join(content.removeprefix(b"h\n") for content in files.contents()) == b"".join(
        b"%d\n" % row for row in range(rows)
    )
    assert writer.rows == rows


def test_only_the_last_part_of_a_file_is_small() -> None:
    files = MemoryFiles()
    writer = files.writer(header=b"h\n", max_rows=5, part_bytes=10)

    for _ in range(7):
        writer.write(b"12345\n")
    writer.close()

    assert [[len(part) for part in file.parts] for file in files.files] == [[14, 12, 6], [14]]
