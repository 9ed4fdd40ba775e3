"""Writes to S3 that happen only if the object is still as the plan has found it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from deployment.errors import DeploymentError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import PutObjectOutputTypeDef

# S3 answers the first if the object is another one, the second to simultaneous writes, the third if it was deleted.
CONFLICTS = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")


def put_if_unchanged(
    client: S3Client, bucket: str, key: str, content: bytes, planned_etag: str | None
) -> PutObjectOutputTypeDef:
    """Upload an object in place of the planned one.

    :param planned_etag: the ETag of the object to be replaced; None if the plan has found no object
    :raises DeploymentError: the object was created, replaced or deleted in the meantime; it stays as it is
    """
    with _refusing_conflicts(bucket, key):
        if planned_etag is None:
            return client.put_object(Bucket=bucket, Key=key, Body=content, IfNoneMatch="*")
        return client.put_object(Bucket=bucket, Key=key, Body=content, IfMatch=planned_etag)


def delete_if_unchanged(client: S3Client, bucket: str, key: str, planned_etag: str) -> None:
    """Delete the planned object; in a bucket with versioning its version stays.

    :raises DeploymentError: the object was replaced or deleted in the meantime; it stays as it is
    """
    with _refusing_conflicts(bucket, key):
        client.delete_object(Bucket=bucket, Key=key, IfMatch=planned_etag)


@contextmanager
def _refusing_conflicts(bucket: str, key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in CONFLICTS:
            raise
        raise DeploymentError(
            f"'{key}' in s3://{bucket} has changed since the plan: somebody else deploys, or has uploaded or deleted"
            " it. It stays as it is, and the deployment has stopped. Deploy again: the new plan shows the change"
        ) from error
