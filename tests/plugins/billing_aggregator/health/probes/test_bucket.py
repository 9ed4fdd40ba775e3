"""The health check of the bucket on a real S3 server: what is well, what is denied, and that it leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from billing_aggregator.health.probes import bucket as bucket_checks
from billing_aggregator.health.probes.bucket import check_bucket
from local.servers.stack import Stack
from tests.support.bucket import Bucket
from tests.support.health_target import health_target, rows
from tests.support.s3_proxy import Fault, S3Proxy, s3_proxy

FOLDER = "enercity/local/"


@pytest.fixture(scope="module")
def shared_proxy(stack: Stack) -> Iterator[S3Proxy]:
    """A proxy in front of the S3 server."""
    with s3_proxy(stack.s3_url) as running:
        yield running


@pytest.fixture
def proxy(shared_proxy: S3Proxy) -> Iterator[S3Proxy]:
    """The proxy without faults, before and after."""
    shared_proxy.reset()
    yield shared_proxy
    shared_proxy.reset()


def found(monkeypatch: pytest.MonkeyPatch, bucket: Bucket, **settings: str) -> dict[str, tuple[str, str, str]]:
    """What the check finds under these settings."""
    return rows(check_bucket(health_target(monkeypatch, bucket.environment | settings)))


def test_a_bucket_that_is_well_may_be_listed_and_written_and_is_left_as_it_was(
    monkeypatch: pytest.MonkeyPatch, versioned_bucket: Bucket
) -> None:
    table = found(monkeypatch, versioned_bucket)

    assert {name: table[name][0] for name in ("bucket", "upload", "conditions", "open uploads", "versioning")} == {
        "bucket": "ok",
        "upload": "ok",
        "conditions": "ok",
        "open uploads": "ok",
        "versioning": "ok",
    }
    assert f"s3://{versioned_bucket.name}/{FOLDER} may be listed" in table["bucket"][1]
    assert (versioned_bucket.versions(), versioned_bucket.open_uploads()) == ([], [])
    assert versioned_bucket.environment["BDA_S3_SECRET_ACCESS_KEY"] not in str(table)


def test_a_bucket_without_versioning_is_a_warning(monkeypatch: pytest.MonkeyPatch, bucket: Bucket) -> None:
    table = found(monkeypatch, bucket)

    assert table["versioning"][:2] == ("warning", "off")
    assert "switch versioning on" in table["versioning"][2]
    assert (bucket.keys(), bucket.versions()) == ([], [])


@pytest.mark.parametrize(
    ("operation", "check", "action"),
    [
        ("ListObjectsV2", "bucket", "s3:ListBucket"),
        ("CreateMultipartUpload", "upload", "s3:PutObject and s3:AbortMultipartUpload"),
        ("AbortMultipartUpload", "upload", "s3:PutObject and s3:AbortMultipartUpload"),
        ("PutObject", "conditions", "s3:PutObject and s3:DeleteObject"),
        ("DeleteObject", "conditions", "s3:PutObject and s3:DeleteObject"),
        ("ListMultipartUploads", "open uploads", "s3:ListBucketMultipartUploads"),
    ],
)
def test_what_is_denied_is_a_failure_that_names_the_permission(
    monkeypatch: pytest.MonkeyPatch, bucket: Bucket, proxy: S3Proxy, operation: str, check: str, action: str
) -> None:
    proxy.faults.append(Fault(operation, status=403))

    table = found(monkeypatch, bucket, BDA_S3_URL=proxy.url)

    assert [name for name, (state, _, _) in table.items() if state == "failed"] == [check]
    assert "AccessDenied" in table[check][1]
    assert table[check][2].startswith(f"allow {action}")


def test_settings_of_the_bucket_that_may_not_be_asked_for_are_warnings(
    monkeypatch: pytest.MonkeyPatch, bucket: Bucket, proxy: S3Proxy
) -> None:
    proxy.faults.append(Fault("GetObject", status=403, key=f"/{bucket.name}"))

    table = found(monkeypatch, bucket, BDA_S3_URL=proxy.url)

    names = ("versioning", "lifecycle", "encryption at rest")
    assert {table[name][0] for name in names} == {"warning"}
    assert "s3:GetBucketVersioning" in table["versioning"][2]


def test_a_server_that_ignores_conditions_is_a_failure_and_the_object_is_removed(
    monkeypatch: pytest.MonkeyPatch, versioned_bucket: Bucket, proxy: S3Proxy
) -> None:
    def forget_first_object(operation: str) -> None:
        # To the server each write is the first one, as to one that does not look at the condition.
        if operation == "PutObject":
            for key in versioned_bucket.keys():
                versioned_bucket.client.delete_object(Bucket=versioned_bucket.name, Key=key)

    proxy.before = forget_first_object

    state, what, _ = found(monkeypatch, versioned_bucket, BDA_S3_URL=proxy.url)["conditions"]

    assert state == "failed"
    assert "in spite of If-None-Match" in what
    assert versioned_bucket.keys() == []


def test_a_version_that_may_not_be_deleted_is_left_to_the_lifecycle(
    monkeypatch: pytest.MonkeyPatch, versioned_bucket: Bucket, proxy: S3Proxy
) -> None:
    proxy.faults.append(Fault("DeleteObject", status=403, times=1))

    state, what, _ = found(monkeypatch, versioned_bucket, BDA_S3_URL=proxy.url)["conditions"]

    assert state == "ok"
    assert "s3:DeleteObjectVersion is denied" in what
    assert versioned_bucket.keys() == []


def test_open_uploads_are_counted_and_old_ones_are_a_warning(monkeypatch: pytest.MonkeyPatch, bucket: Bucket) -> None:
    for name in ("a", "b"):
        bucket.client.create_multipart_upload(Bucket=bucket.name, Key=f"{FOLDER}{name}.csv")
    bucket.client.create_multipart_upload(Bucket=bucket.name, Key="another/folder.csv")

    assert found(monkeypatch, bucket)["open uploads"][0] == "ok"

    monkeypatch.setattr(bucket_checks, "OLDEST_UPLOAD", -bucket_checks.OLDEST_UPLOAD)
    state, what, remedy = found(monkeypatch, bucket)["open uploads"]
    assert state == "warning"
    assert what.startswith("2, the oldest of ")
    assert "lifecycle rule" in remedy
    assert len(bucket.open_uploads()) == 3


@pytest.mark.parametrize(
    ("settings", "message", "remedy"),
    [
        ({"BDA_S3_BUCKET": "no-such-bucket"}, "NoSuchBucket", "create the bucket, or correct BDA_S3_BUCKET"),
        ({"BDA_S3_URL": "http://127.0.0.1:1"}, "Could not connect", "check BDA_S3_URL"),
        ({"BDA_S3_ACCESS_KEY": "nobody"}, "InvalidAccessKeyId", "correct BDA_S3_ACCESS_KEY"),
    ],
)
def test_a_bucket_that_cannot_be_reached_says_why_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, bucket: Bucket, settings: dict[str, str], message: str, remedy: str
) -> None:
    table = found(monkeypatch, bucket, **settings)

    assert list(table) == ["bucket"]
    assert message in table["bucket"][1]
    assert table["bucket"][2].startswith(remedy)
