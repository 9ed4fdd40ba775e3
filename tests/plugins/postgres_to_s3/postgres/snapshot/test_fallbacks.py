"""Where the warehouse gives no further session the export goes on with fewer."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from postgres_to_s3.postgres.session import Session
from postgres_to_s3.postgres.snapshot import Snapshot
from postgres_to_s3.postgres.transaction import Transaction
from tests.support.export_runner import ExportRunner, wait_until
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

TABLE = """
create table report_oibl.orders as select row as id, 'x' as name from generate_series(1, 500) as row;
grant select on report_oibl.orders to billing_aggregator
"""


@pytest.mark.usefixtures("small_tables_are_cut")
def test_a_warehouse_that_gives_no_more_connections_gets_on_with_fewer(
    exports: ExportRunner,
    export_warehouse: Warehouse,
    caplog: pytest.LogCaptureFixture,
) -> None:
    export_warehouse.execute(TABLE)
    try:
        export_warehouse.execute("alter role billing_aggregator connection limit 2")
        summary = exports.run(max_rows_per_file=100, connections=4)
    finally:
        export_warehouse.execute("alter role billing_aggregator connection limit -1")

    assert summary["rows"] == 500
    assert "Going on with 2 of 4 connections: " in caplog.text
    assert "too many connections for role" in caplog.text


def test_a_lock_that_somebody_waits_for_leads_to_no_deadlock(
    connect: Callable[[], Session],
    sessions: list[Session],
    export_warehouse: Warehouse,
    caplog: pytest.LogCaptureFixture,
) -> None:
    export_warehouse.execute(TABLE)
    main = sessions[0]
    query = "table report_oibl.orders"
    snapshot = Snapshot.of(Transaction(main, query, connect).begin())
    truncating = threading.Thread(target=export_warehouse.execute, args=("truncate report_oibl.orders",))
    truncating.start()
    wait_until(lambda: export_warehouse.rows("select 1 from pg_locks where not granted"))

    with snapshot.shared(3) as snapshots:
        assert snapshots == [snapshot]
        assert main.fetch_row(f"select count(*) from ({query}) as kept")[0] == 500
    main.close()
    truncating.join()

    assert "canceling statement due to lock timeout" in caplog.text
