"""An export is one stream where several connections do not fit, and the log says why."""

from __future__ import annotations

from typing import Any

import pytest

from postgres_to_s3.postgres import table_chunks
from tests.support.export_runner import ExportRunner
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

ROWS = "select row as id, 'x' as name from generate_series(1, 500) as row"
TABLE = f"create table report_oibl.orders as {ROWS}"
VIEW = f"{TABLE.replace('orders', 'kept')}; create view report_oibl.orders as table report_oibl.kept"
PARTITIONED = f"""
create table report_oibl.orders (id int, name text) partition by range (id);
create table report_oibl.orders_1 partition of report_oibl.orders for values from (0) to (200);
create table report_oibl.orders_2 partition of report_oibl.orders for values from (200) to (1000);
insert into report_oibl.orders {ROWS}
"""
SECURED = f"""
{TABLE};
alter table report_oibl.orders enable row level security;
create policy low on report_oibl.orders using (id <= 300)
"""
PARENT = f"{TABLE}; create table report_oibl.child () inherits (report_oibl.orders)"
MATERIALISED = f"create materialized view report_oibl.orders as {ROWS}"
GRANT = "; grant select on report_oibl.orders to billing_aggregator"


@pytest.mark.parametrize(
    ("statements", "arguments", "minimum", "reason"),
    [
        pytest.param(TABLE, {}, 501, "its 500 rows are too few for several", id="small"),
        pytest.param(TABLE, {"max_rows_per_file": 500}, 1, "its 500 rows are too few for several", id="one-file"),
        pytest.param(VIEW, {}, 1, "it is not one ordinary table", id="view"),
        pytest.param(MATERIALISED, {}, 1, "it is not one ordinary table", id="materialised-view"),
        pytest.param(PARTITIONED, {}, 1, "it is not one ordinary table", id="partitioned"),
        pytest.param(PARENT, {}, 1, "it is not one ordinary table", id="inherited"),
        pytest.param(SECURED, {}, 1, "it has row-level security", id="row-level-security"),
        pytest.param(TABLE, {"sql": "table report_oibl.orders"}, 1, "only a table can be cut", id="query"),
        pytest.param(TABLE, {"order_by": ["id"]}, 1, "its rows are to be sorted", id="sorted"),
    ],
)
def test_one_stream_where_several_connections_do_not_fit(
    exports: ExportRunner,
    export_warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    statements: str,
    arguments: dict[str, Any],
    minimum: int,
    reason: str,
) -> None:
    monkeypatch.setattr(table_chunks, "MIN_ROWS", minimum)
    export_warehouse.execute(statements + GRANT)
    arguments = {"max_rows_per_file": 100} | arguments
    exports.run(**arguments)
    one_stream = exports.objects()

    exports.run(**arguments, connections=4)

    assert [line for line in caplog.messages if "as one stream" in line and line.endswith(reason)]
    assert exports.objects() == one_stream
