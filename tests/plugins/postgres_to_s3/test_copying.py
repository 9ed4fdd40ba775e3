"""Rows that are not what the warehouse counted are not published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from postgres_to_s3.manifest import ControlTotals
from postgres_to_s3.postgres.snapshot import Snapshot
from postgres_to_s3.postgres.table import Chunk, Table
from tests.support.export_runner import ExportRunner
from tests.support.manifest_reader import read_export
from tests.support.warehouse import Warehouse

pytestmark = [pytest.mark.postgres_version, pytest.mark.usefixtures("small_tables_are_cut")]

TABLE = """
create table report_oibl.orders as
select row as id, repeat('x', 100) as note, row / 7.0 as amount from generate_series(1, 1000) as row;
alter table report_oibl.orders owner to billing_aggregator
"""


def one_row_more(chunks: list[Chunk]) -> list[Chunk]:
    return [chunks[0], replace(chunks[1], rows=chunks[1].rows + 1), *chunks[2:]]


def one_chunk_less(chunks: list[Chunk]) -> list[Chunk]:
    return chunks[:-1]


@pytest.mark.parametrize(
    ("change", "counted"),
    [
        pytest.param(one_row_more, 301, id="a-row-too-many-in-a-chunk"),
        pytest.param(one_chunk_less, 1000, id="a-chunk-missing"),
    ],
)
def test_rows_that_were_not_counted_are_not_published(
    exports: ExportRunner,
    export_warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[list[Chunk]], list[Chunk]],
    counted: int,
) -> None:
    export_warehouse.execute(TABLE)
    exports.run(sql="select 'old' as version")
    before = exports.objects()
    cut = Table.cut
    monkeypatch.setattr(Table, "cut", lambda *arguments: change(cut(*arguments)))

    with pytest.raises(AirflowFailException, match=f"expected the {counted} rows that the warehouse counted") as raised:
        exports.run(max_rows_per_file=300, connections=2)

    assert "nothing was published" in str(raised.value)
    assert exports.objects() == before
    assert read_export(exports.bucket).rows == [("old",)]
    assert exports.bucket.open_uploads() == []


@pytest.mark.parametrize("wrong", [{"rows": 999}, {"sums": {"id": "1", "amount": "1"}}])
def test_a_count_that_the_warehouse_corrects_when_asked_again_is_worth_a_retry(
    exports: ExportRunner, export_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any]
) -> None:
    # A session that has not yet noticed a revoked role counts like this, once in thousands of exports.
    export_warehouse.execute(TABLE)
    count = Snapshot.count
    counts: list[ControlTotals] = []

    def count_late(snapshot: Snapshot) -> ControlTotals:
        counts.append(count(snapshot))
        return counts[0] if len(counts) > 1 else replace(counts[0], **wrong)

    monkeypatch.setattr(Snapshot, "count", count_late)

    with pytest.raises(AirflowException, match="asked again, it expects other rows or sums than before") as raised:
        exports.run()

    assert type(raised.value) is AirflowException
    assert exports.objects() == {}
    assert exports.bucket.open_uploads() == []
