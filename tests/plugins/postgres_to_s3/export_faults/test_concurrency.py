"""What others do to the table, the export or the machine meanwhile changes no row of an export."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg2
import pytest
from airflow.sdk.exceptions import AirflowException

from postgres_to_s3 import export_lock
from tests.support.export_runner import KEY, PART, ExportRunner, task_context, use_driver, wait_until
from tests.support.manifest_reader import read_export
from tests.support.s3_proxy import S3Proxy, held_in
from tests.support.task_process import TaskProcesses
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

FILL = "insert into report_oibl.orders select '{0}', row, repeat('x', 1000) from generate_series(1, {1}) as row"
CREATE = """
create table report_oibl.orders (version text, row int, text text);
alter table report_oibl.orders owner to billing_aggregator
"""
WAITING = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%report_oibl%orders%'"
TABLE_LOCKED = "select 1 from pg_locks where relation = 'report_oibl.orders'::regclass and mode = 'AccessShareLock'"


@pytest.fixture(params=["psycopg2", "psycopg"])
def large_table(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, proxied: ExportRunner, export_warehouse: Warehouse
) -> ExportRunner:
    """Exports, with either driver, of a table of 12,000 rows, 12 MB."""
    use_driver(monkeypatch, request.param)
    export_warehouse.execute(f"{CREATE}; {FILL.format('old', 12000)}")
    return proxied


def published(exports: ExportRunner) -> list[tuple[str, ...]]:
    """Version and number of each row that a reader finds."""
    return [row[:2] for row in read_export(exports.bucket).rows]


def rows_of(version: str, count: int) -> list[tuple[str, ...]]:
    return [(version, str(row)) for row in range(1, count + 1)]


@pytest.mark.parametrize("connections", [1, 2])
@pytest.mark.parametrize(
    "change",
    [
        pytest.param("update report_oibl.orders set version = 'new'; " + FILL.format("new", 10), id="changed"),
        pytest.param("delete from report_oibl.orders", id="emptied"),
    ],
)
def test_a_table_changed_in_the_middle_of_the_copy(
    monkeypatch: pytest.MonkeyPatch,
    large_table: ExportRunner,
    export_warehouse: Warehouse,
    proxy: S3Proxy,
    change: str,
    connections: int,
) -> None:
    monkeypatch.setattr("postgres_to_s3.postgres.table.MIN_ROWS", 1)
    with ThreadPoolExecutor(1) as thread, held_in(proxy, "UploadPart") as wait_for_request:
        running = thread.submit(large_table.run, part_bytes=PART, max_rows_per_file=7000, connections=connections)
        wait_for_request()
        export_warehouse.execute(change)
    assert running.result()["rows"] == 12000

    assert published(large_table) == rows_of("old", 12000)


@pytest.mark.parametrize("change", ["truncate report_oibl.orders", "drop table report_oibl.orders"])
def test_a_table_cannot_be_truncated_or_dropped_in_the_middle_of_the_copy(
    large_table: ExportRunner, export_warehouse: Warehouse, proxy: S3Proxy, change: str
) -> None:
    with ThreadPoolExecutor(1) as thread, held_in(proxy, "UploadPart") as wait_for_request:
        running = thread.submit(large_table.run, part_bytes=PART)
        wait_for_request()
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            export_warehouse.execute(f"set lock_timeout = '50ms'; {change}")
    running.result()

    assert published(large_table) == rows_of("old", 12000)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(f"truncate report_oibl.orders; {FILL.format('new', 5)}", id="truncated-and-filled"),
        pytest.param(f"drop table report_oibl.orders; {CREATE}; {FILL.format('new', 5)}", id="dropped-and-made-again"),
        pytest.param("alter table report_oibl.orders alter row type bigint", id="rewritten"),
    ],
)
def test_an_export_that_waited_for_a_table_sees_what_it_was_made_into(
    large_table: ExportRunner, export_warehouse: Warehouse, change: str
) -> None:
    with closing(export_warehouse.connect(admin=True)) as other, ThreadPoolExecutor(1) as thread:
        other.cursor().execute("lock table report_oibl.orders")
        running = thread.submit(large_table.run)
        wait_until(lambda: export_warehouse.rows(WAITING))
        other.cursor().execute(change)
        other.commit()
        running.result()

    assert published(large_table) == (rows_of("new", 5) if "new" in change else rows_of("old", 12000))


def test_an_overlapping_attempt_is_refused_and_names_the_first(
    large_table: ExportRunner, proxy: S3Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_lock, "WAIT_SECONDS", 0.0)
    second = large_table.operator()
    with ThreadPoolExecutor(1) as thread, held_in(proxy, "UploadPart") as wait_for_request:
        first = thread.submit(large_table.run)
        wait_for_request()
        with pytest.raises(AirflowException, match="export attempt 1 of scheduled__2026-11-22") as refused:
            second.execute(task_context(attempt=2))
    assert first.result()["rows"] == 12000
    assert type(refused.value) is AirflowException

    assert second.execute(task_context(attempt=2))["rows"] == 12000
    assert large_table.manifest()["run"]["attempt"] == 2
    assert published(large_table) == rows_of("old", 12000)


def test_an_attempt_that_lost_its_lock_publishes_nothing(
    large_table: ExportRunner, export_warehouse: Warehouse, proxy: S3Proxy
) -> None:
    terminate = "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'export attempt 1%'"
    first = large_table.operator()
    with ThreadPoolExecutor(1) as thread:
        with held_in(proxy, "UploadPart") as wait_for_request:
            running = thread.submit(first.execute, task_context())
            wait_for_request()
            export_warehouse.rows(terminate)
            wait_until(lambda: not export_warehouse.rows(TABLE_LOCKED))
            proxy.reset()
            large_table.operator(sql="select 'new' as version, 1 as row").execute(task_context(attempt=2))
        with pytest.raises(AirflowException):
            running.result()

    assert published(large_table) == rows_of("new", 1)
    assert large_table.bucket.open_uploads() == []


def test_nothing_is_written_to_disk(tasks: TaskProcesses, exports: ExportRunner) -> None:
    arguments = {
        "task_id": "export",
        "sql": "select 'new' as version, row, repeat('x', 1000) as text from generate_series(1, 12000) as row",
        "s3_bucket": exports.bucket.name,
        "s3_key": KEY,
        "sql_conn_id": exports.sql_conn_id,
        "aws_conn_id": exports.aws_conn_id,
        "compression": "gzip",
    }
    connections = {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW_CONN_")}
    ended = tasks.start("ChunkedSqlToS3Operator", arguments, environment=connections, no_files=True).wait()

    assert ended.error is None
    assert ended.summary
    assert ended.summary["rows"] == 12000
