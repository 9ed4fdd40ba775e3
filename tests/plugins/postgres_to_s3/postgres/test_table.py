"""A table is cut into chunks that PostgreSQL reads by their row addresses alone, in the order of the table."""

from __future__ import annotations

import pytest

from postgres_to_s3.options.csv_dialect import PRESETS, CsvDialect
from postgres_to_s3.postgres.query import render_query
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.postgres.table import Table
from tests.support.warehouse import Warehouse

pytestmark = [pytest.mark.postgres_version, pytest.mark.usefixtures("small_tables_are_cut")]

NAME = "report_oibl.orders"
TABLE = """
create table report_oibl.orders as
select row as id, repeat('x', 100) as note, row / 7.0 as amount from generate_series(1, 1000) as row;
alter table report_oibl.orders owner to billing_aggregator
"""


def plan_of(session: Session, query: str) -> str:
    with session.cursor() as cursor:
        cursor.execute(f"explain (costs off) {query}")
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize("columns", [[], ["amount", "id"]], ids=["all-columns", "some-columns"])
@pytest.mark.parametrize("dialect", PRESETS.values(), ids=PRESETS)
@pytest.mark.parametrize("statistics", ["", "analyze report_oibl.orders"], ids=["unknown-size", "analysed"])
def test_postgresql_reads_of_each_chunk_nothing_but_its_range(
    session: Session, export_warehouse: Warehouse, statistics: str, dialect: CsvDialect, columns: list[str]
) -> None:
    for statement in filter(None, (TABLE, statistics)):
        export_warehouse.execute(statement)
    session.begin_reading()

    chunks = Table(session, NAME).cut(columns, 300, 4)

    queries = [render_query(chunk.query, session.describe(chunk.query), dialect) for chunk in chunks]
    plans = [plan_of(session, query) for query in queries]
    assert [chunk.rows for chunk in chunks] == [300, 300, 300, 100]
    assert [each.splitlines()[0] for each in plans] == ["Tid Range Scan on orders"] * 4, plans


def test_each_chunk_gives_its_rows_in_the_order_of_the_table(session: Session, export_warehouse: Warehouse) -> None:
    export_warehouse.execute(TABLE)
    session.begin_reading()

    chunks = Table(session, NAME).cut([], 300, 4)

    found = []
    with session.cursor() as cursor:
        for chunk in chunks:
            cursor.execute(chunk.query)
            found.append([row[0] for row in cursor.fetchall()])
    assert found == [list(range(first, min(first + 300, 1001))) for first in (1, 301, 601, 901)]
