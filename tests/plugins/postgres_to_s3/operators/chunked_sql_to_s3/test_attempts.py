"""ChunkedSqlToS3Operator clears up after dead attempts and tells what is wrong with a connection."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from tests.support.bucket import Bucket
from tests.support.export_runner import PREFIX, ExportRunner, export_runner, task_context
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version


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
