"""A bucket of its own for one test, in the S3 server of the embedded stack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from local.stack import Stack

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

    def read(self, key: str) -> bytes:
        """The bytes of one object."""
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()

    def open_uploads(self) -> list[MultipartUploadTypeDef]:
        """The multipart uploads that are neither completed nor aborted."""
        pages = self.client.get_paginator("list_multipart_uploads").paginate(Bucket=self.name)
        return [upload for page in pages for upload in page.get("Uploads", [])]


@contextmanager
def temporary_bucket(stack: Stack, name: str) -> Iterator[Bucket]:
    """A new bucket for the block; emptied and removed afterwards."""
    bucket = Bucket(name, stack.s3_client(), stack.bucket_environment(name))
    bucket.client.create_bucket(Bucket=name)
    yield bucket
    for upload in bucket.open_uploads():
        bucket.client.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    for key in bucket.keys(""):
        bucket.client.delete_object(Bucket=name, Key=key)
    bucket.client.delete_bucket(Bucket=name)
