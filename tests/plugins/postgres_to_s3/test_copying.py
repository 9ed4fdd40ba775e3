"""Rows that are not what the warehouse counted are not published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from airflow.sdk.exceptions import AirflowFailException

from postgres_to_s3 import plan
from postgres_to_s3.postgres.table_chunks import Chunk
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
    cut = plan.table_chunks
    monkeypatch.setattr(plan, "table_chunks", lambda *arguments: change(cut(*arguments)))

    with pytest.raises(AirflowFailException, match=f"expected the {counted} rows that the warehouse counted") as raised:
        exports.run(max_rows_per_file=300, connections=2)

    assert "nothing was published" in str(raised.value)
    assert exports.objects() == before
    assert read_export(exports.bucket).rows == [("old",)]
    assert exports.bucket.open_uploads() == []
