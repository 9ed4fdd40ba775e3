"""A bucket of its own for one test, in the S3 server of the embedded stack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.servers.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import MultipartUploadTypeDef


@dataclass(frozen=True)
class Bucket:
    """One bucket: how the pipeline reaches it, and shortcuts for a test to look at it."""

    name: str
    client: S3Client = field(repr=False)
    environment: dict[str, str] = field(repr=False)

    def keys(self, prefix: str = "") -> list[str]:
        """The keys of all objects whose key begins with `prefix`, sorted."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return sorted(each["Key"] for page in pages for each in page.get("Contents", []))

    def read(self, key: str, version_id: str | None = None) -> bytes:
        """The bytes of one object, or of one version of it."""
        if version_id is None:
            return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return self.client.get_object(Bucket=self.name, Key=key, VersionId=version_id)["Body"].read()

    def versions(self) -> list[tuple[str, str]]:
        """Key and version of every object, of delete markers too; those of a bucket without versioning are "null"."""
        pages = self.client.get_paginator("list_object_versions").paginate(Bucket=self.name)
        return [
            (each["Key"], each["VersionId"])
            for page in pages
            for each in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
        ]

    def open_uploads(self) -> list[MultipartUploadTypeDef]:
        """The multipart uploads that are neither completed nor aborted."""
        pages = self.client.get_paginator("list_multipart_uploads").paginate(Bucket=self.name)
        return [upload for page in pages for upload in page.get("Uploads", [])]


@contextmanager
def temporary_bucket(stack: Stack, name: str, *, has_versions: bool = False) -> Iterator[Bucket]:
    """A new bucket for the block, without versioning unless told otherwise; emptied and removed afterwards."""
    bucket = Bucket(name, stack.s3_client(), stack.bucket_environment(name))
    bucket.client.create_bucket(Bucket=name)
    if has_versions:
        bucket.client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    yield bucket
    for upload in bucket.open_uploads():
        bucket.client.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    for key in bucket.keys(""):
        bucket.client.delete_object(Bucket=name, Key=key)
    for key, version_id in bucket.versions():
        bucket.client.delete_object(Bucket=name, Key=key, VersionId=version_id)
    bucket.client.delete_bucket(Bucket=name)
