"""Whoever replaces what an export reads, in whatever way, changes all of it or nothing: no row is lost in between."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg2
import pytest

from tests.support.export_runner import ExportRunner, use_driver, wait_until
from tests.support.manifest_reader import read_export
from tests.support.s3_proxy import S3Proxy
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

ROWS = 250
FILL = "insert into report_oibl.{0} select '{1}', row from generate_series(1, {2}) as row"
TABLES = f"""
create table report_oibl.{{0}} (version text, row int);
create table report_oibl.{{1}} (version text, row int);
{FILL.format("{0}", "old", ROWS)};
{FILL.format("{1}", "older", 5)}
"""
REFILL = f"delete from report_oibl.{{0}}; {FILL.format('{0}', 'new', ROWS + 1)}"
SWAP = """
alter table report_oibl.{0} rename to swapped;
alter table report_oibl.{1} rename to {0};
alter table report_oibl.swapped rename to {1}
"""
VIEW = f"{TABLES.format('a', 'b')}; create view report_oibl.orders as select * from report_oibl.a"
PARTITIONED = f"""
create table report_oibl.orders (version text, row int) partition by range (row);
create table report_oibl.part partition of report_oibl.orders for values from (0) to (10000);
{FILL.format("part", "old", ROWS)}
"""
DETACHED = f"""
alter table report_oibl.orders detach partition report_oibl.part;
{REFILL.format("part")};
alter table report_oibl.orders attach partition report_oibl.part for values from (0) to (10000)
"""
GRANT = "grant select on all tables in schema report_oibl to billing_aggregator"
WAITING = """
select 1 from pg_stat_activity
where wait_event_type = 'Lock' and usename = 'billing_aggregator' and query like '%orders%'
"""

MAKE_VIEW = "create or replace view report_oibl.orders as select * from report_oibl"
CHANGES = {
    "tables-swapped": (TABLES.format("orders", "next"), f"{REFILL.format('next')}; {SWAP.format('orders', 'next')}"),
    "view-of-another-table": (VIEW, f"{REFILL.format('b')}; {MAKE_VIEW}.b"),
    "view-of-new-rows": (VIEW, f"{REFILL.format('a')}; {MAKE_VIEW}.a where row > 0"),
    "view-made-again": (
        VIEW,
        f"drop view report_oibl.orders; {REFILL.format('b')}; {SWAP.format('a', 'b')}; {MAKE_VIEW}.a",
    ),
    "partition-attached-again": (PARTITIONED, DETACHED),
}
REPLACED = pytest.mark.parametrize(("before", "change"), CHANGES.values(), ids=CHANGES)


@pytest.fixture(params=["psycopg2", "psycopg"])
def replaced(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, proxied: ExportRunner, small_tables_are_cut: None
) -> ExportRunner:
    """Exports with either driver; several connections copy even small tables."""
    use_driver(monkeypatch, request.param)
    return proxied


@pytest.mark.parametrize("connections", [1, 2])
@pytest.mark.parametrize("source", [{}, {"sql": "select * from report_oibl.orders"}], ids=["table", "query"])
@REPLACED
def test_an_export_that_waited_exports_what_it_waited_for(
    replaced: ExportRunner,
    export_warehouse: Warehouse,
    before: str,
    change: str,
    source: dict[str, str],
    connections: int,
) -> None:
    export_warehouse.execute(f"{before}; {GRANT}")
    with closing(export_warehouse.connect(admin=True)) as other, ThreadPoolExecutor(1) as thread:
        other.cursor().execute("lock table report_oibl.orders")
        running = thread.submit(replaced.run, **source, connections=connections, max_rows_per_file=100)
        wait_until(lambda: export_warehouse.rows(WAITING))
        other.cursor().execute(f"{change}; {GRANT}")
        other.commit()
        running.result()

    assert read_export(replaced.bucket).rows == [("new", str(row)) for row in range(1, ROWS + 2)]


@REPLACED
def test_what_an_export_reads_cannot_be_replaced_before_it_ends(
    replaced: ExportRunner, export_warehouse: Warehouse, proxy: S3Proxy, before: str, change: str
) -> None:
    export_warehouse.execute(f"{before}; {GRANT}")
    refusals: list[str] = []

    def replace(operation: str) -> None:
        if operation == "CreateMultipartUpload":
            with pytest.raises(psycopg2.errors.LockNotAvailable) as raised:
                export_warehouse.execute(f"set lock_timeout = '20ms'; {change}")
            refusals.append(str(raised.value))

    proxy.before = replace
    replaced.run(max_rows_per_file=100)

    assert len(refusals) == 3
    assert read_export(replaced.bucket).rows == [("old", str(row)) for row in range(1, ROWS + 1)]
