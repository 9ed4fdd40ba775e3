"""When S3 or PostgreSQL fails on the way, every object stays as it was, and the retry of the export succeeds."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from billing_aggregator import chunked_sql_to_s3
from local.binaries import find_postgres
from local.postgres import SUPERUSER, PostgresServer
from local.process import LOOPBACK
from local.run_user import run_user
from local.stack import Stack
from tests.bucket import Bucket
from tests.export_runner import MANIFEST, PART, PREFIX, ExportRunner, export_runner
from tests.s3_proxy import Fault, S3Proxy, s3_proxy
from tests.warehouse import Warehouse

YESTERDAY = {f"{PREFIX}_000{chunk}.csv": f"yesterday {chunk}".encode() for chunk in range(4)} | {MANIFEST: b"{}"}
FIVE = "select * from generate_series(1, 5) as a"
FIVE_FILES = ["a\n1\n2\n", "a\n3\n4\n", "a\n5\n"]
# More than the parts on their way and the buffers of the network can hold.
MUCH = "select row, repeat('x', 1000) as text from generate_series(1, 40000) as row"
TERMINATE = "select pg_terminate_backend(pid) from pg_stat_activity where query like 'copy%'"


@pytest.fixture
def proxy(stack: Stack) -> Iterator[S3Proxy]:
    with s3_proxy(stack.s3_url) as running:
        yield running


@pytest.fixture
def proxied(
    monkeypatch: pytest.MonkeyPatch, export_warehouse: Warehouse, bucket: Bucket, proxy: S3Proxy
) -> ExportRunner:
    """Exports through the proxy to a bucket that has yesterday's files; each request is tried once."""
    for key, content in YESTERDAY.items():
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=content)
    environment = export_warehouse.environment | bucket.environment | {"BDA_S3_URL": proxy.url}
    return export_runner(monkeypatch, bucket, environment, s3_attempts=1)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        pytest.param(Fault("ListMultipartUploads", 503), AirflowException, id="always-busy"),
        pytest.param(Fault("CreateMultipartUpload", 503, key="_0002.csv"), AirflowException, id="open-last-file"),
        pytest.param(Fault("UploadPart", 500, key="_0002.csv"), AirflowException, id="last-part"),
        pytest.param(Fault("UploadPart", 403, key="_0001.csv"), AirflowFailException, id="forbidden"),
        pytest.param(Fault("UploadPart", 0, key="_0002.csv"), AirflowException, id="connection-lost"),
        pytest.param(Fault("CompleteMultipartUpload", 500), AirflowException, id="complete"),
        pytest.param(Fault("CompleteMultipartUpload", 0), AirflowException, id="connection-lost-in-complete"),
    ],
)
def test_a_failure_of_s3_leaves_every_object_as_it_was(
    proxied: ExportRunner, proxy: S3Proxy, fault: Fault, verdict: type[AirflowException]
) -> None:
    proxy.faults.append(fault)
    with pytest.raises(AirflowException) as raised:
        proxied.run(sql=FIVE, max_rows_per_file=2)

    assert type(raised.value) is verdict
    assert proxied.objects() == YESTERDAY
    assert proxied.bucket.open_uploads() == []

    proxy.faults.clear()
    proxied.run(sql=FIVE, max_rows_per_file=2)
    assert proxied.texts() == FIVE_FILES


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault("CompleteMultipartUpload", 503, key="_0001.csv"), id="between-the-files"),
        pytest.param(Fault("CompleteMultipartUpload", 0, is_carried_out=True), id="answer-lost"),
        pytest.param(Fault("PutObject", 503, key=".manifest.json"), id="manifest"),
    ],
)
def test_a_failure_while_publishing_keeps_the_old_manifest_and_the_retry_heals_it(
    proxied: ExportRunner, proxy: S3Proxy, fault: Fault
) -> None:
    proxy.faults.append(fault)
    with pytest.raises(AirflowException) as raised:
        proxied.run(sql=FIVE, max_rows_per_file=2)

    assert type(raised.value) is AirflowException
    assert proxied.bucket.read(MANIFEST) == YESTERDAY[MANIFEST]
    assert proxied.bucket.open_uploads() == []

    proxy.faults.clear()
    proxied.run(sql=FIVE, max_rows_per_file=2)
    assert proxied.texts() == FIVE_FILES
    assert proxied.manifest()["rows"] == 5


def test_a_stale_chunk_that_could_not_be_deleted_is_deleted_by_the_retry(proxied: ExportRunner, proxy: S3Proxy) -> None:
    proxy.faults.append(Fault("DeleteObject", 503))
    with pytest.raises(AirflowException):
        proxied.run(sql=FIVE, max_rows_per_file=2)

    proxy.faults.clear()
    proxied.run(sql=FIVE, max_rows_per_file=2)
    assert proxied.texts() == FIVE_FILES


def test_a_passing_fault_is_not_noticed(
    monkeypatch: pytest.MonkeyPatch, export_warehouse: Warehouse, bucket: Bucket, proxy: S3Proxy
) -> None:
    environment = export_warehouse.environment | bucket.environment | {"BDA_S3_URL": proxy.url}
    runner = export_runner(monkeypatch, bucket, environment)
    proxy.faults += [Fault("UploadPart", 503, times=1), Fault("CompleteMultipartUpload", 0, times=1)]

    runner.run(sql=FIVE, max_rows_per_file=2)

    assert runner.texts() == FIVE_FILES


@pytest.mark.parametrize("has_psycopg2", [True, False], ids=["psycopg2", "psycopg"])
def test_a_session_ended_in_the_middle_of_the_copy_leaves_every_object_as_it_was(
    proxied: ExportRunner,
    proxy: S3Proxy,
    export_warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    has_psycopg2: bool,
) -> None:
    if not has_psycopg2:
        monkeypatch.setattr(chunked_sql_to_s3, "psycopg2", None)
    proxy.before = lambda operation: operation == "UploadPart" and export_warehouse.rows(TERMINATE)
    with pytest.raises(AirflowException) as raised:
        proxied.run(sql=MUCH, part_bytes=PART)

    assert type(raised.value) is AirflowException
    assert "lost the connection to the warehouse" in str(raised.value)
    assert proxied.objects() == YESTERDAY
    assert proxied.bucket.open_uploads() == []


def test_s3_failing_in_the_middle_of_the_copy_leaves_every_object_as_it_was(
    proxied: ExportRunner, proxy: S3Proxy, export_warehouse: Warehouse
) -> None:
    proxy.faults.append(Fault("UploadPart", 500, part=2))
    with pytest.raises(AirflowException, match="InternalError"):
        proxied.run(sql=MUCH, part_bytes=PART)

    assert proxied.objects() == YESTERDAY
    assert proxied.bucket.open_uploads() == []
    assert export_warehouse.rows(TERMINATE.replace("pg_terminate_backend(pid)", "pid")) == []


@pytest.fixture
def own_server(stack: Stack) -> Iterator[PostgresServer]:
    """A PostgreSQL server that a test may kill."""
    state_dir = stack.state_dir / "victim"
    state_dir.mkdir()
    state_dir.chmod(0o711)
    user = run_user()
    server = PostgresServer(state_dir, find_postgres(user, stack.state_dir / "programs"), user, ephemeral=True)
    server.prepare("secret")
    server.start()
    yield server
    server.stop()


def test_a_killed_server_leaves_every_object_as_it_was_and_the_retry_succeeds(
    monkeypatch: pytest.MonkeyPatch, proxied: ExportRunner, proxy: S3Proxy, own_server: PostgresServer
) -> None:
    def runner() -> ExportRunner:
        warehouse = {
            "BDA_DB_HOST": LOOPBACK,
            "BDA_DB_PORT": str(own_server.port),
            "BDA_DB_NAME": "postgres",
            "BDA_DB_USER": SUPERUSER,
            "BDA_DB_PASSWORD": "secret",
        }
        environment = warehouse | proxied.bucket.environment | {"BDA_S3_URL": proxy.url}
        return export_runner(monkeypatch, proxied.bucket, environment, s3_attempts=1)

    def kill(operation: str) -> None:
        if operation == "UploadPart" and own_server.pid and psutil.pid_exists(own_server.pid):
            postmaster = psutil.Process(own_server.pid)
            for process in [postmaster, *postmaster.children(recursive=True)]:
                process.kill()

    proxy.before = kill
    with pytest.raises(AirflowException, match="lost the connection to the warehouse") as raised:
        runner().run(sql=MUCH, part_bytes=PART)
    assert type(raised.value) is AirflowException
    assert proxied.objects() == YESTERDAY
    assert proxied.bucket.open_uploads() == []

    proxy.before = lambda _operation: None
    own_server.stop()
    own_server.start()
    assert runner().run(sql=MUCH, part_bytes=PART)["rows"] == 40000
