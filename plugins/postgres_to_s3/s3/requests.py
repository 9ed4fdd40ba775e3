"""Requests to one S3 bucket: their errors name the key, and some are repeated until they succeed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from postgres_to_s3.errors import TransientError
from postgres_to_s3.s3.failures import named_errors
from postgres_to_s3.threads import thread_pool

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

log = logging.getLogger(__name__)

# The pauses, in seconds, before a request is repeated once more.
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
ABORT_THREADS = 8
Result = TypeVar("Result")
# Arguments that boto3 takes beside those which every request of a kind has.
Extra = Mapping[str, Any]
# S3 servers other than AWS may not know it.
CHECKSUM: Final = "ChecksumCRC32"


@dataclass(frozen=True)
class StoredObject:
    """A small object as it is in S3."""

    content: bytes
    etag: str


@dataclass(frozen=True)
class Description:
    """What S3 says of an object.

    :param checksum: the CRC-32 of its parts' checksums, None on a server that knows none
    :param version_id: None in a bucket without versions
    """

    bytes: int
    etag: str
    checksum: str | None
    version_id: str | None


class BucketRequests:
    """The requests that a publication makes to one bucket.

    Every method raises TransientError or PermanentError, with the key and the reason that S3 gives.
    """

    def __init__(self, client: S3Client, bucket: str) -> None:
        self.bucket = bucket
        self._client = client

    def read(self, key: str) -> StoredObject | None:
        """An object, None if there is none."""
        with self._named(key):
            try:
                answer = self._client.get_object(Bucket=self.bucket, Key=key)
            except self._client.exceptions.NoSuchKey:
                return None
            return StoredObject(answer["Body"].read(), answer["ETag"])

    def describe(self, key: str) -> Description:
        """Size, checksum and version of an object."""
        with self._named(key):
            answer = self._client.head_object(Bucket=self.bucket, Key=key, ChecksumMode="ENABLED")
            checksum, version_id = answer.get(CHECKSUM), answer.get("VersionId")
            return Description(answer["ContentLength"], answer["ETag"], checksum, version_id)

    def write(self, key: str, content: bytes, extra: Extra) -> None:
        """Write a small object in one request."""
        with self._named(key):
            self._client.put_object(Bucket=self.bucket, Key=key, Body=content, ChecksumAlgorithm="CRC32", **extra)

    def delete(self, key: str) -> None:
        """Delete an object."""
        with self._named(key):
            self._client.delete_object(Bucket=self.bucket, Key=key)

    def objects(self, prefix: str) -> list[str]:
        """The keys of all objects that begin with the prefix."""
        with self._named(prefix):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def uploads(self, prefix: str) -> list[tuple[str, str]]:
        """Key and id of all open uploads whose keys begin with the prefix."""
        with self._named(prefix):
            pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket, Prefix=prefix)
            return [(entry["Key"], entry["UploadId"]) for page in pages for entry in page.get("Uploads", [])]

    def create_upload(self, key: str, extra: Extra) -> str:
        """Begin an upload and return its id."""
        with self._named(key):
            return self._client.create_multipart_upload(
                Bucket=self.bucket, Key=key, ChecksumAlgorithm="CRC32", **extra
            )["UploadId"]

    def send_part(self, key: str, upload_id: str, number: int, part: bytes | bytearray) -> CompletedPartTypeDef:
        """Send one part of an upload, and return it as ``complete_upload`` needs it."""
        with self._named(key):
            answer = self._client.upload_part(
                Bucket=self.bucket,
                Key=key,
                UploadId=upload_id,
                PartNumber=number,
                Body=part,  # type: ignore[arg-type]  # boto3 takes a bytearray, too
                ChecksumAlgorithm="CRC32",
            )
            # No more is kept of the answer: a large file has thousands of parts.
            found: CompletedPartTypeDef = {"PartNumber": number, "ETag": answer["ETag"]}
            if CHECKSUM in answer:
                found[CHECKSUM] = answer[CHECKSUM]
            return found

    def complete_upload(self, key: str, upload_id: str, parts: Sequence[CompletedPartTypeDef]) -> str | None:
        """Make the object of an upload visible; return its version, None in a bucket without versions."""
        with self._named(key):
            return self._client.complete_multipart_upload(
                Bucket=self.bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": parts}
            ).get("VersionId")

    def abort_upload(self, key: str, upload_id: str) -> None:
        """Abort an upload; one that S3 no longer knows is as good as aborted."""
        with self._named(key):
            try:
                self._client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload_id)
            except self._client.exceptions.NoSuchUpload:
                log.info("The upload of %r had ended before it was aborted", key)

    def abort_uploads(self, uploads: Collection[tuple[str, str]], seconds: float | None = None) -> None:
        """Abort uploads, each given by its key and id, several at once.

        :param seconds: how long this may take; the next attempt aborts those that are still open then
        :raises TransientError, PermanentError: that of the first upload that could not be aborted; the others are
        """
        threads = thread_pool(ABORT_THREADS, "abort")
        try:
            done, _ = wait([threads.submit(self.abort_upload, *upload) for upload in uploads], timeout=seconds)
        finally:
            threads.shutdown(wait=seconds is None, cancel_futures=True)
        if len(done) < len(uploads):
            log.warning("%s uploads are still open; the next attempt aborts them", len(uploads) - len(done))
        for upload in done:
            upload.result()

    @contextmanager
    def _named(self, key: str) -> Iterator[None]:
        with named_errors(f"s3://{self.bucket}/{key}"):
            try:
                yield
            except KeyError as error:
                raise TransientError(f"expected {error} in the answer of S3, found none: it must be damaged") from error


def with_retries(request: Callable[[], Result]) -> Result:
    """Repeat a request whose failure is transient, for some seconds longer than the client does by itself."""
    for pause in PAUSES:
        try:
            return request()
        except TransientError as error:
            log.warning("%s; trying again in %s s", error, pause)
            time.sleep(pause)
    return request()
