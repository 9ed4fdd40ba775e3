"""The log of an export says how far it is, over all files and connections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest

from postgres_to_s3.files import progress
from tests.support.export_runner import PART, ExportRunner
from tests.support.warehouse import Warehouse

ROWS = 12_000
TABLE = f"""
create table report_oibl.orders as select row, repeat('x', 1000) as text from generate_series(1, {ROWS}) as row;
grant select on report_oibl.orders to public
"""
LINE = re.compile(r"(\d+) of 12000 rows \((\d+) %\), (\d+) MB of CSV, (\d+) rows/s, in chunk (\d+)")


def progress_of(exports: ExportRunner, caplog: pytest.LogCaptureFixture, **arguments: Any) -> list[tuple[int, ...]]:
    with caplog.at_level("INFO"):
        exports.run(max_rows_per_file=4_000, part_bytes=PART, **arguments)
    return [tuple(map(int, match.groups())) for match in map(LINE.fullmatch, caplog.messages) if match]


@pytest.fixture
def reporting_exports(
    monkeypatch: pytest.MonkeyPatch, exports: ExportRunner, export_warehouse: Warehouse, small_tables_are_cut: None
) -> ExportRunner:
    """Exports of a table of 12,000 rows that log every part."""
    monkeypatch.setattr(progress, "PROGRESS_SECONDS", 0.0)
    export_warehouse.execute(TABLE)
    return exports


@pytest.mark.parametrize("arguments", [{}, {"connections": 3}, {"compression": "gzip", "connections": 3}])
def test_rows_of_all_files_are_told_as_they_come(
    reporting_exports: ExportRunner, caplog: pytest.LogCaptureFixture, arguments: dict[str, Any]
) -> None:
    lines = progress_of(reporting_exports, caplog, **arguments)

    rows = [line[0] for line in lines]
    assert rows == sorted(rows)
    assert rows[-1] == ROWS
    assert [line[1] for line in lines] == [round(100 * count / ROWS) for count in rows]
    assert lines[-1][2] == 12
    assert all(line[3] > 0 for line in lines)
    assert {line[4] for line in lines} == {0, 1, 2}


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [([2, 2], "in chunk 2"), ([4, 1, 2, 1], "in chunks 1, 2, 4"), (range(3, 23), "in 20 chunks from 3 to 22")],
)
def test_all_chunks_that_have_grown_since_the_last_line_are_named(
    caplog: pytest.LogCaptureFixture, chunks: Sequence[int], expected: str
) -> None:
    caplog.set_level("INFO")
    seconds = [0.0]
    so_far = progress.Progress(100, clock=lambda: seconds[0])

    for moment, parts in ((20.0, [0]), (40.0, chunks)):
        for chunk in parts[:-1]:
            so_far.add(1, 1, chunk)
        seconds[0] = moment
        so_far.add(1, 1, parts[-1])

    assert [line.partition("rows/s, ")[2] for line in caplog.messages] == ["in chunk 0", expected]


def test_a_short_export_says_nothing_on_the_way(
    monkeypatch: pytest.MonkeyPatch, reporting_exports: ExportRunner, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(progress, "PROGRESS_SECONDS", 600.0)

    assert progress_of(reporting_exports, caplog) == []
    assert "xxx" not in caplog.text
