"""An export is one stream where several connections do not fit, and of a number of files that can be uploaded."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from postgres_to_s3.errors import PermanentError
from postgres_to_s3.plan import check_number_of_files
from postgres_to_s3.postgres import table
from tests.support.export_runner import ExportRunner
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

TOO_MANY = (
    r"expected 1000 files at most, but 2501 rows in files of 2 are 1251; nothing was published\n"
    r"A retry cannot help: if max_rows_per_file is a parameter of the run, trigger a new run with 3 or more;"
    r" otherwise set it to 3 or more and clear the task\.$"
)
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
    monkeypatch.setattr(table, "MIN_ROWS", minimum)
    export_warehouse.execute(statements + GRANT)
    arguments = {"max_rows_per_file": 100} | arguments
    exports.run(**arguments)
    one_stream = exports.objects()

    exports.run(**arguments, connections=4)

    assert [line for line in caplog.messages if "as one stream" in line and line.endswith(reason)]
    assert exports.objects() == one_stream


@pytest.mark.parametrize(
    ("rows", "max_rows"), [(0, 1), (1000, 1), (1_000_000_000, 1_000_000), (2001, 3)], ids=["none", "1", "million", "3"]
)
def test_so_many_files_are_taken(rows: int, max_rows: int) -> None:
    check_number_of_files(rows, max_rows)


@pytest.mark.parametrize(
    ("rows", "max_rows", "needed"), [(1001, 1, 2), (1_000_000_001, 1_000_000, 1_000_001)], ids=["1", "million"]
)
def test_one_file_too_many_is_refused_with_the_number_of_rows_that_fits(rows: int, max_rows: int, needed: int) -> None:
    with pytest.raises(PermanentError, match="are 1001; nothing was published") as refused:
        check_number_of_files(rows, max_rows)

    assert f"trigger a new run with {needed} or more" in str(refused.value.remedy)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({"connections": 1}, id="one-stream"),
        pytest.param({"connections": 3}, id="several-connections"),
        pytest.param({"sql": "table report_oibl.orders"}, id="query"),
        pytest.param({"measure_only": True}, id="dry-run"),
    ],
)
@pytest.mark.usefixtures("small_tables_are_cut")
def test_an_export_of_too_many_files_uploads_none(
    exports: ExportRunner, export_warehouse: Warehouse, arguments: dict[str, Any]
) -> None:
    export_warehouse.execute(f"create table report_oibl.orders as select generate_series(1, 2501) as id{GRANT}")

    with pytest.raises(AirflowFailException, match=TOO_MANY):
        exports.run(max_rows_per_file=2, **arguments)

    assert exports.bucket.keys() == []
    assert exports.bucket.open_uploads() == []
