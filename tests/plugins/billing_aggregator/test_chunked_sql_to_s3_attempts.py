"""ChunkedSqlToS3Operator fences off overlapping attempts, clears up after dead ones and can be cancelled."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from billing_aggregator import chunked_sql_to_s3, copy_stream
from local.stack import Stack
from tests.bucket import Bucket
from tests.export_runner import PREFIX, ExportRunner, export_runner, task_context, wait_until
from tests.s3_proxy import S3Proxy, s3_proxy
from tests.warehouse import Warehouse

SLEEPING = """
select pid from pg_stat_activity
where state = 'active' and query like '%pg_sleep(600)%' and pid <> pg_backend_pid()
"""


@pytest.fixture
def proxy(stack: Stack) -> Iterator[S3Proxy]:
    with s3_proxy(stack.s3_url) as running:
        yield running


@pytest.fixture
def proxied(
    monkeypatch: pytest.MonkeyPatch, export_warehouse: Warehouse, bucket: Bucket, proxy: S3Proxy
) -> ExportRunner:
    """Exports whose requests to S3 pass the proxy."""
    environment = export_warehouse.environment | bucket.environment | {"BDA_S3_URL": proxy.url}
    return export_runner(monkeypatch, bucket, environment)


def test_an_overlapping_attempt_is_refused_and_names_the_first(
    proxied: ExportRunner, proxy: S3Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copy_stream, "LOCK_SECONDS", 0.0)
    is_uploading, may_go_on = threading.Event(), threading.Event()

    def hold(operation: str) -> None:
        if operation == "UploadPart":
            is_uploading.set()
            may_go_on.wait(30)

    proxy.before = hold
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(proxied.run, sql="select 1 as a")
        is_uploading.wait(30)

        second = proxied.operator(sql="select 1 as a")
        with pytest.raises(AirflowException, match="export attempt 1 of scheduled__2026-11-22") as refused:
            second.execute(task_context(attempt=2))

        may_go_on.set()
        assert first.result()["rows"] == 1
    assert type(refused.value) is AirflowException
    assert second.execute(task_context(attempt=2))["rows"] == 1
    assert proxied.manifest()["run"]["attempt"] == 2


def test_uploads_of_dead_attempts_are_aborted(exports: ExportRunner, bucket: Bucket) -> None:
    own, foreign = f"{PREFIX}_0007.csv", f"{PREFIX}_old_0007.csv"
    for key in (own, own, foreign):
        bucket.client.create_multipart_upload(Bucket=bucket.name, Key=key)

    exports.run(sql="select 1 as a")

    assert [upload["Key"] for upload in bucket.open_uploads()] == [foreign]


def test_a_dry_run_leaves_uploads_of_others_alone(exports: ExportRunner, bucket: Bucket) -> None:
    bucket.client.create_multipart_upload(Bucket=bucket.name, Key=f"{PREFIX}_0007.csv")

    exports.run(sql="select 1 as a", measure_only=True)

    assert len(bucket.open_uploads()) == 1


@pytest.mark.parametrize("has_psycopg2", [True, False], ids=["psycopg2", "psycopg"])
def test_a_killed_task_cancels_its_query(
    exports: ExportRunner, export_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, has_psycopg2: bool
) -> None:
    if not has_psycopg2:
        monkeypatch.setattr(chunked_sql_to_s3, "psycopg2", None)
    operator = exports.operator(sql="select 1 as a from pg_sleep(600)")
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(operator.execute, task_context())
        wait_until(lambda: export_warehouse.rows(SLEEPING))

        operator.on_kill()

        with pytest.raises(AirflowException, match="canceling statement due to user request"):
            running.result(timeout=30)
    assert export_warehouse.rows(SLEEPING) == []
    assert exports.bucket.keys() == []


def test_killing_a_task_that_has_no_connection_does_nothing(exports: ExportRunner) -> None:
    operator = exports.operator(sql="select 1 as a")

    operator.on_kill()
    operator.execute(task_context())
    operator.on_kill()

    assert exports.texts() == ["a\n1\n"]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        pytest.param({"BDA_DB_PASSWORD": "a-wrong-secret"}, "password authentication failed", id="db-password"),
        pytest.param({"BDA_DB_NAME": "gone"}, "does not exist|permission denied", id="database"),
        pytest.param({"BDA_S3_SECRET_ACCESS_KEY": "a-wrong-secret"}, "SignatureDoesNotMatch", id="s3-secret"),
        pytest.param({"BDA_S3_ACCESS_KEY": "SOMEBODY"}, "InvalidAccessKeyId", id="s3-key"),
    ],
)
def test_wrong_credentials_fail_at_once(
    monkeypatch: pytest.MonkeyPatch,
    export_warehouse: Warehouse,
    bucket: Bucket,
    changes: dict[str, str],
    complaint: str,
) -> None:
    environment = export_warehouse.environment | bucket.environment | changes

    with pytest.raises(AirflowFailException, match=complaint) as raised:
        export_runner(monkeypatch, bucket, environment).run(sql="select 1 as a")

    assert "a-wrong-secret" not in str(raised.value)
    assert bucket.keys() == []


def test_a_missing_bucket_fails_at_once(exports: ExportRunner) -> None:
    with pytest.raises(AirflowFailException, match="NoSuchBucket"):
        exports.run(sql="select 1 as a", s3_bucket="gone")


def test_a_warehouse_that_is_down_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, export_warehouse: Warehouse, bucket: Bucket
) -> None:
    environment = export_warehouse.environment | bucket.environment | {"BDA_DB_PORT": "1"}

    with pytest.raises(AirflowException, match="Connection refused") as raised:
        export_runner(monkeypatch, bucket, environment).run(sql="select 1 as a")

    assert type(raised.value) is AirflowException
