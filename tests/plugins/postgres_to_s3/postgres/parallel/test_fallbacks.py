"""Where several connections are impossible or do not pay, the export goes on with fewer and says why."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import psycopg
import psycopg2
import pytest

from postgres_to_s3.postgres import parallel as parallel_copy
from postgres_to_s3.postgres import table_chunks
from postgres_to_s3.postgres.session import begin_snapshot_of, execute, fetch_row, open_session
from tests.support.export_runner import ExportRunner, wait_until
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


def test_a_warehouse_that_gives_no_more_connections_gets_on_with_fewer(
    exports: ExportRunner,
    export_warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(table_chunks, "MIN_ROWS", 1)
    export_warehouse.execute(TABLE + GRANT)
    try:
        export_warehouse.execute("alter role billing_aggregator connection limit 2")
        summary = exports.run(max_rows_per_file=100, connections=4)
    finally:
        export_warehouse.execute("alter role billing_aggregator connection limit -1")

    assert summary["rows"] == 500
    assert "Going on with 2 of 4 connections: " in caplog.text
    assert "too many connections for role" in caplog.text


@pytest.fixture(params=[psycopg2, psycopg], ids=["psycopg2", "psycopg"])
def connect(request: pytest.FixtureRequest, export_warehouse: Warehouse) -> Callable[[], Any]:
    """Opens a connection of the pipeline's role."""
    return lambda: request.param.connect(export_warehouse.dsn)


@pytest.fixture
def connections(connect: Callable[[], Any]) -> Iterator[list[Any]]:
    """Two sessions."""
    with closing(connect()) as first, closing(connect()) as second:
        for connection in (first, second):
            open_session(connection)
        yield [first, second]


def test_a_lock_that_somebody_waits_for_leads_to_no_deadlock(
    connect: Callable[[], Any],
    connections: list[Any],
    export_warehouse: Warehouse,
    caplog: pytest.LogCaptureFixture,
) -> None:
    export_warehouse.execute(TABLE + GRANT)
    main = connections[0]
    query = "table report_oibl.orders"
    begin_snapshot_of(main, query)
    truncating = threading.Thread(target=export_warehouse.execute, args=("truncate report_oibl.orders",))
    truncating.start()
    wait_until(lambda: export_warehouse.rows("select 1 from pg_locks where not granted"))

    with parallel_copy.same_moment(main, connect, 3, query) as joined:
        assert joined == [main]
        assert fetch_row(main, f"select count(*) from ({query}) as kept")[0] == 500
    main.close()
    truncating.join()

    assert "canceling statement due to lock timeout" in caplog.text


def test_results_come_in_the_order_of_the_jobs(connections: list[Any]) -> None:
    jobs = [
        lambda connection, n=n: fetch_row(connection, f"select {n} from pg_sleep({n % 2}/20.0)")[0]
        for n in (3, 2, 1, 0)
    ]

    assert parallel_copy.run_jobs(connections, jobs) == [3, 2, 1, 0]


def test_a_job_that_fails_cancels_the_others_and_starts_no_more(connections: list[Any]) -> None:
    started = time.monotonic()
    late: list[Any] = []
    jobs = [
        lambda connection: execute(connection, "select pg_sleep(600)"),
        lambda connection: execute(connection, "select 1 / 0"),
        late.append,
        late.append,
    ]

    with pytest.raises(Exception, match="division by zero"):
        parallel_copy.run_jobs(connections, jobs)

    assert time.monotonic() - started < 60
    assert late == []
