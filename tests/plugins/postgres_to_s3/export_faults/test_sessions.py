"""An export whose session is not what it should be publishes nothing that another attempt has overtaken."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from airflow.sdk.exceptions import AirflowException

from postgres_to_s3 import export_lock
from tests.support.export_runner import ExportRunner, task_context, use_driver, wait_until
from tests.support.manifest_reader import read_export
from tests.support.s3_proxy import Fault, S3Proxy
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

TABLE = """
create table report_oibl.orders as select 'old' as version, row from generate_series(1, 10) as row;
alter table report_oibl.orders owner to billing_aggregator;
create function report_oibl.all_orders() returns table (version_ text, row_ int) language plpgsql as
'begin return query select * from report_oibl.orders; end'
"""
VALUES = """
create table report_oibl.every_type as
select
    row, date '2026-02-01' + row as day, timestamptz '2026-02-01 12:00+00' as instant, interval '1 day' as waited,
    0.1::float8 + 0.2::float8 as sum, '\\x00ff'::bytea as bytes, 1234.5::numeric::money as price, 'Müller €' as name
from generate_series(1, 5) as row;
alter table report_oibl.every_type owner to billing_aggregator;
"""
WAITING = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%all_orders%'"
TERMINATE = "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'export attempt 1%'"
SESSIONS = "select 1 from pg_stat_activity where application_name like 'export attempt 1%'"


@pytest.fixture(params=["psycopg2", "psycopg"])
def small_table(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, proxied: ExportRunner, export_warehouse: Warehouse
) -> ExportRunner:
    """Exports, with either driver, of a table of ten rows."""
    use_driver(monkeypatch, request.param)
    export_warehouse.execute(TABLE)
    return proxied


def test_an_attempt_that_is_overtaken_while_it_publishes_leaves_the_newer_manifest(
    small_table: ExportRunner, export_warehouse: Warehouse, proxy: S3Proxy
) -> None:
    overtaken: list[str] = []

    def overtake(operation: str) -> None:
        if operation == "PutObject" and not overtaken:
            overtaken.append(operation)
            export_warehouse.rows(TERMINATE)
            wait_until(lambda: not export_warehouse.rows(SESSIONS))
            export_warehouse.execute("update report_oibl.orders set version = 'new'")
            small_table.operator(max_rows_per_file=3).execute(task_context(attempt=2))

    first = small_table.operator()
    proxy.before = overtake
    with pytest.raises(AirflowException, match="another attempt has published") as raised:
        first.execute(task_context())

    assert type(raised.value) is AirflowException
    assert small_table.manifest()["run"]["attempt"] == 2
    assert {row[0] for row in read_export(small_table.bucket).rows} == {"new"}
    assert len(read_export(small_table.bucket).rows) == 10


def test_a_manifest_whose_answer_is_lost_counts_as_written(small_table: ExportRunner, proxy: S3Proxy) -> None:
    small_table.run()
    proxy.faults.append(Fault("PutObject", 500, is_carried_out=True, times=1))

    assert small_table.run(max_rows_per_file=5)["files"] == 2

    assert [file["rows"] for file in small_table.manifest()["files"]] == [5, 5]


def test_a_table_behind_a_function_that_is_replaced_is_noticed(
    small_table: ExportRunner, export_warehouse: Warehouse
) -> None:
    sql = "select * from report_oibl.all_orders()"
    with closing(export_warehouse.connect(admin=True)) as other, ThreadPoolExecutor(1) as thread:
        other.cursor().execute("lock table report_oibl.orders")
        running = thread.submit(small_table.run, sql=sql)
        wait_until(lambda: export_warehouse.rows(WAITING))
        other.cursor().execute("truncate report_oibl.orders; insert into report_oibl.orders values ('new', 1)")
        other.commit()
        with pytest.raises(AirflowException, match=r"being changed: table report_oibl\.orders;") as raised:
            running.result()

    assert type(raised.value) is AirflowException
    assert small_table.objects() == {}
    assert small_table.run(sql=sql)["rows"] == 1


def test_an_index_that_is_made_meanwhile_is_no_reason_to_stop(
    small_table: ExportRunner, export_warehouse: Warehouse, proxy: S3Proxy
) -> None:
    statements = ["create index on report_oibl.orders (row)"]
    proxy.before = lambda operation: export_warehouse.execute(statements.pop()) if statements else None

    assert small_table.run(max_rows_per_file=4)["rows"] == 10


def test_a_query_that_gives_all_locks_back_lets_no_other_attempt_in(
    small_table: ExportRunner, monkeypatch: pytest.MonkeyPatch, proxy: S3Proxy
) -> None:
    monkeypatch.setattr(export_lock, "WAIT_SECONDS", 0.0)
    second = small_table.operator()
    refused: list[str] = []

    def export_again(operation: str) -> None:
        if operation == "UploadPart" and not refused:
            with pytest.raises(AirflowException, match="another attempt is exporting") as raised:
                second.execute(task_context(attempt=2))
            refused.append(str(raised.value))

    proxy.before = export_again
    sql = "select pg_advisory_unlock_all()::text as given_back, row from report_oibl.orders"

    assert small_table.run(sql=sql)["rows"] == 10
    assert "export attempt 1 of" in refused[0]


def test_a_role_of_a_database_elsewhere_gives_the_same_bytes(
    small_table: ExportRunner, export_warehouse: Warehouse, hostile_role: str, small_tables_are_cut: None
) -> None:
    export_warehouse.execute(VALUES)
    arguments = {"table": "report_oibl.every_type", "connections": 2, "max_rows_per_file": 2}
    small_table.run(**arguments)
    usual = small_table.texts()

    export_warehouse.execute(hostile_role)
    small_table.run(**arguments)

    assert small_table.texts() == usual
    assert len(usual) == 3


@pytest.mark.parametrize("cursor", ["dictcursor", "namedtuplecursor"])
def test_the_kind_of_cursor_that_a_connection_names_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, small_table: ExportRunner, cursor: str
) -> None:
    variable = f"AIRFLOW_CONN_{small_table.sql_conn_id.upper()}"
    connection = json.loads(os.environ[variable])
    connection["extra"]["cursor"] = cursor
    monkeypatch.setenv(variable, json.dumps(connection))

    assert small_table.run(connections=2)["rows"] == 10
