"""Requests to one S3 bucket: their errors name the key, and some are repeated until they succeed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from postgres_to_s3.retryable import is_transient, named_errors

log = logging.getLogger(__name__)

# The pauses, in seconds, before a request is repeated once more.
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
Result = TypeVar("Result")


@dataclass(frozen=True)
class StoredObject:
    """A small object as it is in S3."""

    content: bytes
    etag: str


class BucketRequests:
    """The requests of a boto3 S3 client to one bucket.

    Every method raises TransientError or PermanentError, with the key and the reason that S3 gives.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self.bucket = bucket
        self._client = client

    def send(self, operation: str, key: str, **parameters: Any) -> Any:
        """Do one operation, named as boto3's method, on one key."""
        with named_errors(f"s3://{self.bucket}/{key}"):
            return getattr(self._client, operation)(Bucket=self.bucket, Key=key, **parameters)

    def read(self, key: str) -> StoredObject | None:
        """An object, None if there is none."""
        with named_errors(f"s3://{self.bucket}/{key}"):
            try:
                answer = self._client.get_object(Bucket=self.bucket, Key=key)
            except self._client.exceptions.NoSuchKey:
                return None
            return StoredObject(answer["Body"].read(), answer["ETag"])

    def abort(self, key: str, upload_id: str) -> None:
        """Abort an upload; one that S3 no longer knows is as good as aborted."""
        with named_errors(f"s3://{self.bucket}/{key}"):
            try:
                self._client.abort_multipart_upload(Bucket=self.bucket, Key=key, UploadId=upload_id)
            except self._client.exceptions.NoSuchUpload:
                log.info("The upload of %r has ended before", key)

    def list(self, operation: str, entries: str, prefix: str) -> list[dict[str, Any]]:
        """The entries, such as ``Contents``, of all pages that a listing gives for a prefix."""
        with named_errors(f"s3://{self.bucket}/{prefix}"):
            pages = self._client.get_paginator(operation).paginate(Bucket=self.bucket, Prefix=prefix)
            return [entry for page in pages for entry in page.get(entries, [])]


def is_failed_condition(error: BaseException | None) -> bool:
    """Whether S3 refused a request because the object is not what the request's condition says."""
    response = getattr(error, "response", None) or {}
    return response.get("Error", {}).get("Code") in ("PreconditionFailed", "412", "NoSuchKey")


def insist(request: Callable[[], Result]) -> Result:
    """Repeat a request whose failure may pass, for some seconds more than the client does by itself."""
    for pause in PAUSES:
        try:
            return request()
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("%s; trying again in %s s", error, pause)
            time.sleep(pause)
    return request()
