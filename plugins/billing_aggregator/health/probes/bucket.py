"""Checks of the bucket: may it be listed and written, does it keep versions, does it clear up, is it encrypted?"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from billing_aggregator.health.attempts import asked_s3, error_code
from billing_aggregator.health.findings import Finding, failed, ok, warning
from billing_aggregator.health.probes.bucket_settings import check_encryption, check_lifecycle, check_versioning
from billing_aggregator.health.target import HealthTarget
from postgres_to_s3.s3.failures import is_failed_condition

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# An export takes less, and its uploads end with it.
OLDEST_UPLOAD = timedelta(hours=24)
CONNECT_SECONDS = 5
READ_SECONDS = 20


def open_bucket(target: HealthTarget) -> S3Client:
    """A client for the bucket that gives up sooner than that of a run."""
    from airflow.providers.amazon.aws.hooks.s3 import S3Hook
    from botocore.config import Config

    hook = S3Hook(target.endpoints.aws_conn_id)
    patience = Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS, retries={"total_max_attempts": 2})
    client: S3Client = hook.get_client_type(config=hook.config.merge(patience))
    return client


def check_bucket(target: HealthTarget) -> list[Finding]:
    """All checks of the bucket. The object that it writes for this, beside the results, it removes again."""
    try:
        client = open_bucket(target)
    except Exception as error:
        return [failed("bucket", str(error), "correct the connection, or set BDA_S3_REGION")]
    return list(_checks(client, target))


def _checks(client: S3Client, target: HealthTarget) -> Iterator[Finding]:
    bucket = target.endpoints.s3_bucket
    prefix = target.endpoints.key("")
    listed = asked_s3("bucket", "s3:ListBucket", lambda: _list(client, target))
    yield listed
    if listed.remedy and "AccessDenied" not in listed.found:
        return
    yield asked_s3(
        "upload", "s3:PutObject and s3:AbortMultipartUpload (with KMS: its key)", lambda: _upload(client, target)
    )
    yield asked_s3("conditions", "s3:PutObject and s3:DeleteObject", lambda: _write_conditionally(client, target))
    question = "s3:ListBucketMultipartUploads"
    yield asked_s3("open uploads", question, lambda: _open_uploads(client, bucket, prefix))
    yield check_versioning(client, bucket)
    yield check_lifecycle(client, bucket, prefix)
    yield check_encryption(client, bucket, target.object_arguments)


def _list(client: S3Client, target: HealthTarget) -> Finding:
    bucket, prefix = target.endpoints.s3_bucket, target.endpoints.key("")
    client.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1)
    return ok("bucket", f"s3://{bucket}/{prefix} may be listed, connection {target.endpoints.aws_conn_id!r}")


def _upload(client: S3Client, target: HealthTarget) -> Finding:
    """An upload that is begun and aborted proves the permission to write, and leaves no object behind."""
    bucket, key = target.endpoints.s3_bucket, _probe_key(target)
    upload = client.create_multipart_upload(Bucket=bucket, Key=key, **target.object_arguments)
    client.abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload["UploadId"])
    return ok("upload", "a multipart upload was begun and aborted")


def _write_conditionally(client: S3Client, target: HealthTarget) -> Finding:
    """The manifest is written on condition that nobody else has written it: a server must keep to that."""
    bucket, key = target.endpoints.s3_bucket, _probe_key(target)
    versions: list[str | None] = []
    refused = False
    try:
        for _ in range(2):
            answer = client.put_object(Bucket=bucket, Key=key, Body=b"", IfNoneMatch="*", **target.object_arguments)
            versions.append(answer.get("VersionId"))
    except Exception as error:
        if not is_failed_condition(error) or not versions:
            raise
        refused = True
    finally:
        left = _remove(client, bucket, key, versions)
    if not refused:
        remedy = "use AWS, or an S3 server with conditional writes: two exports at once could mix their files"
        return failed("conditions", "a second write under one key was taken in spite of If-None-Match", remedy)
    return ok("conditions", f"the second write under one key is refused (If-None-Match); the object was removed{left}")


def _remove(client: S3Client, bucket: str, key: str, versions: list[str | None]) -> str:
    """Remove the object with its versions; where that is denied, say that a noncurrent version is left."""
    try:
        for version in versions:
            if version in (None, "null"):
                client.delete_object(Bucket=bucket, Key=key)
            else:
                client.delete_object(Bucket=bucket, Key=key, VersionId=str(version))
    except Exception as error:
        if error_code(error) != "AccessDenied":
            raise
        client.delete_object(Bucket=bucket, Key=key)
        return ", its noncurrent version (0 bytes) is left to the lifecycle: s3:DeleteObjectVersion is denied"
    return ""


def _open_uploads(client: S3Client, bucket: str, prefix: str) -> Finding:
    pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=prefix)
    begun = [upload["Initiated"] for page in pages for upload in page.get("Uploads", [])]
    if not begun:
        return ok("open uploads", "none")
    age = datetime.now(UTC) - min(begun)
    found = f"{len(begun)}, the oldest of {min(begun):%Y-%m-%d %H:%M} UTC"
    if age < OLDEST_UPLOAD:
        return ok("open uploads", f"{found}: of a run that goes on, or of an attempt that was killed")
    remedy = "repeat the export, which aborts its own, or give the bucket a lifecycle rule for incomplete uploads"
    return warning("open uploads", found, remedy)


def _probe_key(target: HealthTarget) -> str:
    """A key of its own, so that two checks at once do not meet."""
    return target.endpoints.key(f".health-check-{uuid.uuid4().hex}")
