"""When one of several connections or uploads fails, a reader finds the whole old export; the next run heals."""

from __future__ import annotations

import threading

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from tests.support.export_runner import PART, ExportRunner, export_runner, use_driver, wait_until
from tests.support.manifest_reader import read_export
from tests.support.s3_proxy import Fault, S3Proxy
from tests.support.victim_postgres import VictimPostgres
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

COMPLETE = "CompleteMultipartUpload"
OLD = "select 'old' as version, row, '' as text from generate_series(1, 300) as row"
OLD_ROWS = [("old", str(row), "") for row in range(1, 301)]
CREATE = "create table report_oibl.orders (version text, row int, text text)"
FILL = "insert into report_oibl.orders select 'new', row, repeat('x', {1}) from generate_series(1, {0}) as row"
OWN = "alter table report_oibl.orders owner to billing_aggregator"
SESSIONS = "select pid from pg_stat_activity where application_name like 'export attempt%' order by backend_start"


@pytest.fixture
def old_and_chunked(proxied: ExportRunner, export_warehouse: Warehouse, small_tables_are_cut: None) -> ExportRunner:
    """Exports of a new table of 500 rows to a bucket that holds an old export."""
    export_warehouse.execute(f"{CREATE}; {FILL.format(500, 10)}; {OWN}")
    proxied.run(sql=OLD, max_rows_per_file=100)
    wait_until(lambda: not export_warehouse.rows(SESSIONS))
    return proxied


def fail(exports: ExportRunner, connections: int = 3) -> AirflowException:
    with pytest.raises(AirflowException) as raised:
        exports.run(max_rows_per_file=100, connections=connections)
    return raised.value


def assert_old(exports: ExportRunner, warehouse: Warehouse) -> None:
    assert read_export(exports.bucket).rows == OLD_ROWS
    assert exports.bucket.open_uploads() == []
    wait_until(lambda: not warehouse.rows(SESSIONS))


def assert_healed(
    exports: ExportRunner, warehouse: Warehouse, caplog: pytest.LogCaptureFixture, connections: int = 3
) -> None:
    caplog.clear()
    exports.run(max_rows_per_file=100, connections=connections)
    assert f"over {connections} connections" in caplog.text
    assert read_export(exports.bucket).rows == [("new", str(row), "x" * 10) for row in range(1, 501)]
    assert len(exports.bucket.keys()) == 6
    assert exports.bucket.open_uploads() == []
    wait_until(lambda: not warehouse.rows(SESSIONS))


@pytest.mark.parametrize(
    ("connections", "fault", "verdict"),
    [
        pytest.param(3, Fault("UploadPart", 500), AirflowException, id="parts"),
        pytest.param(2, Fault("UploadPart", 500, key="_0003.csv"), AirflowException, id="one-part"),
        pytest.param(3, Fault("UploadPart", 403, key="_0001.csv"), AirflowFailException, id="forbidden-part"),
        pytest.param(2, Fault(COMPLETE, 500), AirflowException, id="completions"),
        pytest.param(3, Fault(COMPLETE, 500, key="_0002.csv"), AirflowException, id="one-completion"),
    ],
)
def test_an_upload_that_s3_refuses_leaves_the_old_export_and_the_next_run_heals(
    old_and_chunked: ExportRunner,
    proxy: S3Proxy,
    export_warehouse: Warehouse,
    caplog: pytest.LogCaptureFixture,
    connections: int,
    fault: Fault,
    verdict: type[AirflowException],
) -> None:
    proxy.faults.append(fault)

    assert type(fail(old_and_chunked, connections)) is verdict

    assert_old(old_and_chunked, export_warehouse)
    proxy.reset()
    assert_healed(old_and_chunked, export_warehouse, caplog, connections)


def test_a_part_that_s3_refuses_in_the_middle_of_a_chunk_ends_all_queries(
    old_and_chunked: ExportRunner, proxy: S3Proxy, export_warehouse: Warehouse
) -> None:
    export_warehouse.execute(FILL.format(24000, 1000))
    before = old_and_chunked.objects()
    proxy.faults.append(Fault("UploadPart", 500, part=1, after=1))

    with pytest.raises(AirflowException, match="InternalError") as raised:
        old_and_chunked.run(max_rows_per_file=12000, connections=2, part_bytes=PART)

    assert type(raised.value) is AirflowException
    assert_old(old_and_chunked, export_warehouse)
    assert old_and_chunked.objects() == before


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("place", [0, -1], ids=["main", "further"])
def test_a_session_that_is_ended_leaves_the_old_export_and_the_next_run_heals(
    old_and_chunked: ExportRunner,
    proxy: S3Proxy,
    export_warehouse: Warehouse,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    driver: str,
    place: int,
) -> None:
    use_driver(monkeypatch, driver)
    before = old_and_chunked.objects()
    ended: list[int] = []
    lock = threading.Lock()

    def end_one(operation: str) -> None:
        # Nobody copies a row before one session has ended.
        with lock:
            if operation == "CreateMultipartUpload" and not ended:
                ended.append(export_warehouse.rows(SESSIONS)[place][0])
                assert export_warehouse.rows(f"select pg_terminate_backend({ended[0]}, 10000)") == [(True,)]

    proxy.before = end_one

    assert type(fail(old_and_chunked)) is AirflowException

    assert ended
    assert_old(old_and_chunked, export_warehouse)
    assert old_and_chunked.objects() == before
    proxy.reset()
    assert_healed(old_and_chunked, export_warehouse, caplog)


def test_a_server_that_is_killed_leaves_the_old_export_and_the_next_run_heals(
    old_and_chunked: ExportRunner,
    proxy: S3Proxy,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    victim: VictimPostgres,
) -> None:
    def runner() -> ExportRunner:
        environment = victim.warehouse.environment | old_and_chunked.bucket.environment | {"BDA_S3_URL": proxy.url}
        return export_runner(monkeypatch, old_and_chunked.bucket, environment, s3_attempts=1)

    victim.warehouse.execute(f"create schema report_oibl; {CREATE}; {FILL.format(500, 10)}")
    victim.warehouse.execute("checkpoint")
    before = old_and_chunked.objects()
    proxy.before = lambda operation: operation == "UploadPart" and victim.kill()

    assert type(fail(runner())) is AirflowException

    assert old_and_chunked.objects() == before
    assert old_and_chunked.bucket.open_uploads() == []
    assert read_export(old_and_chunked.bucket).rows == OLD_ROWS
    proxy.reset()
    victim.restart()
    assert_healed(runner(), victim.warehouse, caplog)
