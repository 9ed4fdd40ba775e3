"""Several connections: how many an export takes is limited by what else its role does."""

from __future__ import annotations

from contextlib import ExitStack, closing

import psycopg
import pytest

from postgres_to_s3.postgres.session import Session
from postgres_to_s3.postgres.snapshot import Snapshot
from postgres_to_s3.postgres.transaction import Transaction
from tests.support.export_runner import ExportRunner
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

TABLE = """
create table report_oibl.orders as select row from generate_series(1, 500) as row;
grant select on report_oibl.orders to public
"""


@pytest.fixture
def chunked_exports(exports: ExportRunner, export_warehouse: Warehouse, small_tables_are_cut: None) -> ExportRunner:
    """Exports of a table of 500 rows that several connections copy."""
    export_warehouse.execute(TABLE)
    return exports


@pytest.mark.parametrize(("others", "used"), [(0, 4), (1, 3), (2, 2), (3, 1), (6, 1)])
def test_other_sessions_of_the_role_count(
    chunked_exports: ExportRunner, export_warehouse: Warehouse, caplog: pytest.LogCaptureFixture, others: int, used: int
) -> None:
    with ExitStack() as opened, caplog.at_level("INFO"):
        for _ in range(others):
            opened.enter_context(closing(export_warehouse.connect()))
        summary = chunked_exports.run(max_rows_per_file=100, connections=4)

    assert (summary["rows"], summary["files"]) == (500, 5)
    assert (f"over {used} connections" if used > 1 else "its role has no other connection free") in caplog.text
    assert (f"{others} other sessions of the role are open" in caplog.text) == (others > 0)


def test_sessions_of_other_roles_do_not_count(
    chunked_exports: ExportRunner, export_warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(export_warehouse.connect(admin=True)), caplog.at_level("INFO"):
        chunked_exports.run(max_rows_per_file=100, connections=2)

    assert "over 2 connections" in caplog.text


def test_a_connection_that_reaches_another_server_is_done_without(
    export_warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    elsewhere = Session(psycopg.connect(export_warehouse.dsn, dbname="postgres"))
    with closing(Session(psycopg.connect(export_warehouse.dsn))) as main:
        main.prepare()
        main.begin_reading()
        snapshot = Snapshot.of(Transaction(main, "select 1", lambda: elsewhere))

        with snapshot.shared(2) as snapshots:
            assert snapshots == [snapshot]

    assert elsewhere.is_closed
    assert "Going on with 1 of 2 connections: cannot import a snapshot from a different database" in caplog.text
