"""Publishes the files of an export in S3 all together: nothing changes under a final key before every byte is there.

Each file is a multipart upload whose parts are sent while rows still arrive; S3 shows an object only when its upload
is completed. An export that fails is aborted and leaves every object as it was.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from billing_aggregator.export_keys import ExportKeys
from billing_aggregator.manifest import ExportedFile

log = logging.getLogger(__name__)

# S3 takes at most 10,000 parts an object and no part but the last below 5 MiB: 8 MiB allow files of 78 GiB.
PART_BYTES = 8 * 1024 * 1024
UPLOAD_THREADS = 2
CSV_TYPE = "text/csv; charset=utf-8"
# S3 servers other than AWS may not know the checksum.
PART_PROOFS = ("ETag", "ChecksumCRC32")


class Upload:
    """A file on its way: knows its size and checksum, and hands its parts to the publication's threads."""

    def __init__(self, key: str, send_part: Callable[[int, bytes], Future[Mapping[str, Any]] | None]) -> None:
        self.key = key
        self.rows = 0
        self.bytes = 0
        self.parts: list[Future[Mapping[str, Any]] | None] = []
        self._sha256 = hashlib.sha256()
        self._send_part = send_part

    def send(self, part: bytes) -> None:
        """Take the next part; waits while the threads are busy, so that memory stays bounded."""
        self.bytes += len(part)
        self._sha256.update(part)
        self.parts.append(self._send_part(len(self.parts) + 1, part))

    def finish(self, rows: int) -> None:
        """All parts were sent; the file holds this many data rows."""
        self.rows = rows

    def exported_file(self, version_id: str | None = None) -> ExportedFile:
        """The file as the manifest lists it."""
        return ExportedFile(self.key, self.rows, self.bytes, self._sha256.hexdigest(), version_id)


class Publication:
    """The uploads of one export; use as a context manager, which aborts what was not published.

    :param client: a boto3 S3 client
    :param keys: the keys of the export's files
    """

    def __init__(self, client: Any, bucket: str, keys: ExportKeys) -> None:
        self.bucket = bucket
        self.name = f"s3://{bucket}/{keys.template}"
        self._client = client
        self._keys = keys
        self._uploads: dict[str, Upload] = {}
        self._threads = ThreadPoolExecutor(UPLOAD_THREADS, thread_name_prefix="upload")
        self._slots = threading.BoundedSemaphore(UPLOAD_THREADS + 1)
        self._failure: BaseException | None = None
        self._files: list[ExportedFile] = []

    def __enter__(self) -> Publication:
        self._abort_leftovers()
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        for upload_id, upload in self._uploads.items():
            try:
                self._client.abort_multipart_upload(Bucket=self.bucket, Key=upload.key, UploadId=upload_id)
            except Exception as error:  # the first error is the one to report; the next attempt aborts what is left
                log.warning("Could not abort the upload of %r: %s", upload.key, error)

    def open(self, index: int) -> Upload:
        """Begin the file of chunk ``index``."""
        key = self._keys.chunk(index)
        answer = self._client.create_multipart_upload(
            Bucket=self.bucket, Key=key, ContentType=CSV_TYPE, ChecksumAlgorithm="CRC32"
        )
        upload_id = answer["UploadId"]
        upload = Upload(key, lambda number, part: self._send(key, upload_id, number, part))
        self._uploads[upload_id] = upload
        return upload

    def publish(self) -> list[ExportedFile]:
        """Wait for the last part, then make all files visible, in the order they were opened."""
        complete = {upload_id: _completed_parts(upload) for upload_id, upload in self._uploads.items()}
        self._files = [self._complete(upload_id, parts) for upload_id, parts in complete.items()]
        return self._files

    def conclude(self, manifest: bytes) -> None:
        """Write the manifest, then delete the chunks that an earlier, larger export left behind."""
        self._client.put_object(
            Bucket=self.bucket,
            Key=self._keys.manifest,
            Body=manifest,
            ContentType="application/json",
            ChecksumAlgorithm="CRC32",
        )
        current = {file.key for file in self._files}
        for key in self._published_keys():
            if key not in current:
                log.info("Deleting %r: the export no longer has this chunk", key)
                self._client.delete_object(Bucket=self.bucket, Key=key)

    def _complete(self, upload_id: str, parts: list[dict[str, Any]]) -> ExportedFile:
        upload = self._uploads[upload_id]
        answer = self._client.complete_multipart_upload(
            Bucket=self.bucket, Key=upload.key, UploadId=upload_id, MultipartUpload={"Parts": parts}
        )
        del self._uploads[upload_id]
        return upload.exported_file(answer.get("VersionId"))

    def _send(self, key: str, upload_id: str, number: int, part: bytes) -> Future[Mapping[str, Any]]:
        self._slots.acquire()
        if self._failure:
            self._slots.release()
            raise self._failure
        future = self._threads.submit(
            self._client.upload_part,
            Bucket=self.bucket,
            Key=key,
            UploadId=upload_id,
            PartNumber=number,
            Body=part,
            ChecksumAlgorithm="CRC32",
        )
        future.add_done_callback(self._part_done)
        return future

    def _part_done(self, future: Future[Mapping[str, Any]]) -> None:
        if not future.cancelled() and future.exception():
            self._failure = self._failure or future.exception()
        self._slots.release()

    def _abort_leftovers(self) -> None:
        pages = self._client.get_paginator("list_multipart_uploads")
        for page in pages.paginate(Bucket=self.bucket, Prefix=self._keys.prefix):
            for upload in page.get("Uploads", []):
                if self._keys.owns(upload["Key"]):
                    log.info("Aborting the upload of %r that an earlier attempt left open", upload["Key"])
                    self._client.abort_multipart_upload(
                        Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"]
                    )

    def _published_keys(self) -> list[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self._keys.prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", []) if self._keys.owns(entry["Key"])]


def _completed_parts(upload: Upload) -> list[dict[str, Any]]:
    answers = [part.result() for part in upload.parts if part]
    return [
        {"PartNumber": number} | {name: answer[name] for name in PART_PROOFS if name in answer}
        for number, answer in enumerate(answers, start=1)
    ]


class DryRun:
    """Takes the place of a publication when nothing may be written: files are measured and forgotten."""

    def __init__(self, bucket: str, keys: ExportKeys) -> None:
        self.bucket = bucket
        self.name = f"s3://{bucket}/{keys.template}"
        self._keys = keys
        self._uploads: list[Upload] = []

    def __enter__(self) -> DryRun:
        return self

    def __exit__(self, *_: object) -> None:
        self._uploads.clear()

    def open(self, index: int) -> Upload:
        """Begin the file of chunk ``index``."""
        upload = Upload(self._keys.chunk(index), lambda _number, _part: None)
        self._uploads.append(upload)
        return upload

    def publish(self) -> list[ExportedFile]:
        """The files as they would be, in the order they were opened."""
        return [upload.exported_file() for upload in self._uploads]

    def conclude(self, manifest: bytes) -> None:
        """Nothing to write, nothing to delete."""
