"""A chunk is read by its row addresses alone, and chunks that do not hold what was counted publish nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from postgres_to_s3 import export
from postgres_to_s3.options.csv_dialect import PRESETS, CsvDialect
from postgres_to_s3.postgres import query as export_query
from postgres_to_s3.postgres import table_chunks
from postgres_to_s3.postgres.rows import describe
from postgres_to_s3.postgres.session import begin_snapshot
from postgres_to_s3.postgres.table_chunks import Chunk
from tests.support.export_runner import ExportRunner
from tests.support.manifest_reader import read_export
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

NAME = '"report_oibl"."orders"'
TABLE = """
create table report_oibl.orders as
select row as id, repeat('x', 100) as note, row / 7.0 as amount from generate_series(1, 1000) as row;
alter table report_oibl.orders owner to billing_aggregator
"""


@pytest.fixture(autouse=True)
def _small_tables_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of a few rows is worth several connections, too."""
    monkeypatch.setattr(table_chunks, "MIN_ROWS", 1)


def plan(connection: Any, query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"explain (costs off) {query}")
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize("columns", [[], ["amount", "id"]], ids=["all-columns", "some-columns"])
@pytest.mark.parametrize("dialect", PRESETS.values(), ids=PRESETS)
@pytest.mark.parametrize("statistics", ["", "analyze report_oibl.orders"], ids=["unknown-size", "analysed"])
def test_postgresql_reads_of_each_chunk_nothing_but_its_range(
    connection: Any, export_warehouse: Warehouse, statistics: str, dialect: CsvDialect, columns: list[str]
) -> None:
    for statement in filter(None, (TABLE, statistics)):
        export_warehouse.execute(statement)
    begin_snapshot(connection)

    chunks = table_chunks.table_chunks(connection, NAME, 300)

    plans = []
    for chunk in chunks:
        available = describe(connection, chunk.query)
        query = export_query.select_columns(connection, chunk.query, available, columns, [])
        plans.append(plan(connection, export_query.render_query(query, describe(connection, query), dialect)))
    assert [chunk.rows for chunk in chunks] == [300, 300, 300, 100]
    assert [each.splitlines()[0] for each in plans] == ["Tid Range Scan on orders"] * 4, plans


def test_each_chunk_gives_its_rows_in_the_order_of_the_table(connection: Any, export_warehouse: Warehouse) -> None:
    export_warehouse.execute(TABLE)
    begin_snapshot(connection)

    chunks = table_chunks.table_chunks(connection, NAME, 300)

    found = []
    with connection.cursor() as cursor:
        for chunk in chunks:
            cursor.execute(chunk.query)
            found.append([row[0] for row in cursor.fetchall()])
    assert found == [list(range(first, min(first + 300, 1001))) for first in (1, 301, 601, 901)]


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
    cut = export.table_chunks
    monkeypatch.setattr(export, "table_chunks", lambda *arguments: change(cut(*arguments)))

    with pytest.raises(AirflowFailException, match=f"expected the {counted} rows that the warehouse counted") as raised:
        exports.run(max_rows_per_file=300, connections=2)

    assert "nothing was published" in str(raised.value)
    assert exports.objects() == before
    assert read_export(exports.bucket).rows == [("old",)]
    assert exports.bucket.open_uploads() == []
