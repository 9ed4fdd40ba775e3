"""When PostgreSQL fails on the way, nothing is published, the verdict is right, and the next run heals everything."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from tests.support.export_runner import KEY, PART, ExportRunner, export_runner, use_driver, wait_until
from tests.support.manifest_reader import read_export
from tests.support.old_and_new import MUCH
from tests.support.s3_proxy import S3Proxy, held_in
from tests.support.victim_postgres import VictimPostgres
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

TERMINATE = "select pg_terminate_backend(pid) from pg_stat_activity where query like 'copy%'"
LATE_COPY = """
select 1 from pg_stat_activity
where state = 'active' and query like 'copy%' and clock_timestamp() > query_start + interval '1.1s'
"""
TABLE = """
create table report_oibl.orders as select 'new' as version, row::int from generate_series(1, 5) as row;
alter table report_oibl.orders owner to billing_aggregator
"""
OLD_ROWS = [("old", str(row)) for row in range(1, 4)]
NEW_ROWS = [("new", str(row)) for row in range(1, 6)]


@pytest.fixture(params=["psycopg2", "psycopg"])
def republished(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, proxied: ExportRunner) -> ExportRunner:
    """Exports, with either driver, of a new table to a bucket that holds an old export."""
    use_driver(monkeypatch, request.param)
    proxied.run(sql="select 'old' as version, row from generate_series(1, 3) as row", max_rows_per_file=2)
    return proxied


@pytest.fixture
def filled_warehouse(export_warehouse: Warehouse) -> Warehouse:
    """A warehouse with the table that is to be exported."""
    export_warehouse.execute(TABLE)
    return export_warehouse


def set_options(monkeypatch: pytest.MonkeyPatch, exports: ExportRunner, options: str) -> None:
    """Give the connection's sessions these settings."""
    name = f"AIRFLOW_CONN_{exports.sql_conn_id.upper()}"
    connection = json.loads(os.environ[name])
    connection["extra"]["options"] = options
    monkeypatch.setenv(name, json.dumps(connection))


def assert_untouched(exports: ExportRunner) -> None:
    assert read_export(exports.bucket).rows == OLD_ROWS
    assert len(exports.bucket.keys()) == 3
    assert exports.bucket.open_uploads() == []


def assert_healed(exports: ExportRunner) -> None:
    exports.run(max_rows_per_file=2)
    assert read_export(exports.bucket).rows == NEW_ROWS
    assert exports.bucket.open_uploads() == []


def test_a_session_ended_in_the_middle_of_the_copy(
    filled_warehouse: Warehouse, republished: ExportRunner, proxy: S3Proxy
) -> None:
    proxy.before = lambda operation: operation == "UploadPart" and filled_warehouse.rows(TERMINATE)

    with pytest.raises(AirflowException, match="lost the connection to the warehouse") as raised:
        republished.run(sql=MUCH, part_bytes=PART)

    proxy.reset()
    assert type(raised.value) is AirflowException
    assert_untouched(republished)
    assert_healed(republished)


def test_a_session_ended_after_the_copy_publishes_nothing(
    filled_warehouse: Warehouse, republished: ExportRunner, proxy: S3Proxy
) -> None:
    proxy.before = lambda operation: operation == "UploadPart" and filled_warehouse.rows(TERMINATE)

    with pytest.raises(
        AirflowException, match=f"export of report_oibl.orders to s3://{republished.bucket.name}"
    ) as raised:
        republished.run()

    proxy.reset()
    assert type(raised.value) is AirflowException
    assert_untouched(republished)
    assert_healed(republished)


def test_a_table_locked_for_too_long_is_tried_again(
    filled_warehouse: Warehouse, republished: ExportRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_options(monkeypatch, republished, "-c lock_timeout=100ms")
    with closing(filled_warehouse.connect()) as other, other.cursor() as cursor:
        cursor.execute("lock table report_oibl.orders")
        with pytest.raises(AirflowException, match="canceling statement due to lock timeout") as raised:
            republished.run()

    assert type(raised.value) is AirflowException
    assert_untouched(republished)
    assert_healed(republished)


def test_a_statement_that_takes_too_long_is_tried_again(
    filled_warehouse: Warehouse, republished: ExportRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_options(monkeypatch, republished, "-c statement_timeout=200ms")
    with pytest.raises(AirflowException, match="canceling statement due to statement timeout") as raised:
        republished.run(sql="select pg_sleep(600)")

    assert type(raised.value) is AirflowException
    assert_untouched(republished)
    assert_healed(republished)


def test_a_copy_that_takes_too_long_is_tried_again(
    filled_warehouse: Warehouse, republished: ExportRunner, monkeypatch: pytest.MonkeyPatch, proxy: S3Proxy
) -> None:
    set_options(monkeypatch, republished, "-c statement_timeout=1s")
    with ThreadPoolExecutor(1) as thread:
        # The rows are counted by then; the server waits for the client to take more of them.
        with held_in(proxy, "UploadPart") as wait_for_request:
            running = thread.submit(republished.run, sql=MUCH, part_bytes=PART)
            wait_for_request()
            wait_until(lambda: filled_warehouse.rows(LATE_COPY))
        with pytest.raises(AirflowException, match="canceling statement due to statement timeout") as raised:
            running.result()

    assert type(raised.value) is AirflowException
    assert_untouched(republished)
    assert_healed(republished)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param("drop table report_oibl.orders", 'relation "report_oibl.orders" does not exist', id="dropped"),
        pytest.param(
            "alter table report_oibl.orders owner to postgres", "permission denied for table orders", id="forbidden"
        ),
    ],
)
def test_a_table_that_cannot_be_read_fails_at_once(
    filled_warehouse: Warehouse, republished: ExportRunner, change: str, reason: str
) -> None:
    filled_warehouse.execute(change)
    with pytest.raises(AirflowFailException, match=f"export of report_oibl.orders to s3://.*{KEY[:8]}.*{reason}"):
        republished.run()
    assert_untouched(republished)

    filled_warehouse.execute(f"drop table if exists report_oibl.orders; {TABLE}")
    assert_healed(republished)


def test_a_row_that_cannot_be_computed_fails_at_once(filled_warehouse: Warehouse, republished: ExportRunner) -> None:
    with pytest.raises(AirflowFailException, match="DivisionByZero: division by zero"):
        republished.run(sql="select 1 / (5 - row) as a from generate_series(1, 10) as row")

    assert_untouched(republished)
    assert_healed(republished)


def test_a_killed_server_leaves_every_object_as_it_was_and_the_retry_succeeds(
    monkeypatch: pytest.MonkeyPatch,
    filled_warehouse: Warehouse,
    proxied: ExportRunner,
    proxy: S3Proxy,
    victim: VictimPostgres,
) -> None:
    proxied.run(sql="select 'old' as version, row from generate_series(1, 3) as row", max_rows_per_file=2)

    def runner() -> ExportRunner:
        environment = victim.warehouse.environment | proxied.bucket.environment | {"BDA_S3_URL": proxy.url}
        return export_runner(monkeypatch, proxied.bucket, environment, s3_attempts=1)

    proxy.before = lambda operation: operation == "UploadPart" and victim.kill()
    with pytest.raises(AirflowException, match="lost the connection to the warehouse") as raised:
        runner().run(sql=MUCH, part_bytes=PART)
    assert type(raised.value) is AirflowException
    assert_untouched(proxied)

    proxy.reset()
    victim.restart()
    assert runner().run(sql=MUCH, part_bytes=PART)["rows"] == 40000
    assert [row[0] for row in read_export(proxied.bucket).rows] == [str(row) for row in range(1, 40001)]
