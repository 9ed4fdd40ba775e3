"""Publishes the files of an export in S3 all together: nothing changes under a final key before every byte is there.

Each file is a multipart upload whose parts are sent while rows still arrive; S3 shows an object only when its upload
is completed. An export that fails is aborted and leaves every object as it was.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any

from postgres_to_s3.errors import PermanentError, TransientError
from postgres_to_s3.manifest import ExportedFile
from postgres_to_s3.options.keys import ExportKeys
from postgres_to_s3.options.object_options import MANIFEST_TYPE, ObjectOptions
from postgres_to_s3.retryable import named_errors
from postgres_to_s3.s3.requests import BucketRequests, insist, is_failed_condition
from postgres_to_s3.s3.upload import Answer, Part, Upload

log = logging.getLogger(__name__)

UPLOAD_THREADS = 2
# Each file takes S3 up to a second to put together: they become visible together, not one after the other.
COMPLETE_THREADS = 8


class Publication:
    """The uploads of one export; use as a context manager, which aborts what was not published.

    :param client: a boto3 S3 client
    :param keys: the keys of the export's files
    :param objects: how S3 keeps them
    :param threads: how many parts are sent at once; one more waits for its turn
    """

    def __init__(
        self,
        client: Any,
        bucket: str,
        keys: ExportKeys,
        objects: ObjectOptions | None = None,
        threads: int = UPLOAD_THREADS,
    ) -> None:
        self.bucket = bucket
        self.name = f"s3://{bucket}/{keys.manifest}"
        self._requests = BucketRequests(client, bucket)
        self._keys = keys
        self._objects = objects or ObjectOptions()
        self._uploads: dict[str, Upload] = {}
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="upload")
        self._slots = threading.Semaphore(threads + 1)
        self._failure: BaseException | None = None
        self._files: list[ExportedFile] = []
        self._condition: dict[str, str] = {}

    def __enter__(self) -> Publication:
        self._abort_leftovers()
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=True, cancel_futures=True)
        for upload_id, upload in self._uploads.items():
            try:
                self._requests.abort(upload.key, upload_id)
            except Exception as error:  # the first error is the one to report; the next attempt aborts what is left
                log.warning("Could not abort an upload: %s", error)

    def last_manifest(self) -> bytes | None:
        """The manifest that is published now, None if there is none; from now on nobody else may replace it."""
        found = self._requests.read(self._keys.manifest)
        self._condition = {"IfMatch": found.etag} if found else {"IfNoneMatch": "*"}
        return found.content if found else None

    def open(self, index: int, metadata: Mapping[str, str] | None = None) -> Upload:
        """Begin the file of chunk ``index``; the object gets this metadata, too."""
        key = self._keys.chunk(index)
        answer = self._requests.send(
            "create_multipart_upload",
            key,
            ContentType=self._objects.content_type,
            ChecksumAlgorithm="CRC32",
            **self._objects.arguments(metadata),
        )
        upload_id = answer["UploadId"]
        upload = Upload(index, key, lambda number, part: self._send(key, upload_id, number, part))
        self._uploads[upload_id] = upload
        return upload

    def stop(self) -> None:
        """Take no more parts and publish nothing, from any thread; where files already become visible it goes on."""
        if not self._failure:
            self._failure = TransientError("the export was stopped")
            self._slots.release()

    def wait_for_parts(self) -> None:
        """Return when S3 has every part.

        :raises TransientError, PermanentError: that of the first part that failed
        """
        for upload in self._uploads.values():
            upload.parts()

    def publish(self) -> list[ExportedFile]:
        """Make all files visible, once S3 has every part; they are returned in the order of their chunks."""
        self.wait_for_parts()
        uploads = sorted(self._uploads.items(), key=lambda item: item[1].index)
        if self._failure:
            raise self._failure
        with ThreadPoolExecutor(COMPLETE_THREADS, thread_name_prefix="complete") as threads:
            files = [threads.submit(self._complete, upload_id, upload) for upload_id, upload in uploads]
        self._files = [file.result() for file in files]
        if not all(file.version_id for file in self._files):
            log.warning(
                "The bucket %r has no versioning: a reader that comes between the first file and the manifest, or after"
                " a failure there, finds new files that the old manifest does not describe. Turn versioning on, with"
                " a lifecycle rule for noncurrent versions.",
                self.bucket,
            )
        return self._files

    def conclude(self, manifest: bytes) -> None:
        """Write the manifest, then delete the chunks that an earlier, larger export left behind.

        :raises TransientError: somebody else has written the manifest since ``last_manifest`` read it
        """
        self._write_manifest(manifest)
        with named_errors("the new export is published, but chunks of an earlier one may have stayed beside it"):
            self._delete_stale_chunks()

    def _write_manifest(self, manifest: bytes) -> None:
        try:
            insist(
                lambda: self._requests.send(
                    "put_object",
                    self._keys.manifest,
                    Body=manifest,
                    ContentType=MANIFEST_TYPE,
                    ChecksumAlgorithm="CRC32",
                    **self._condition,
                    **self._objects.arguments(),
                )
            )
        except PermanentError as error:
            if not is_failed_condition(error.__cause__):
                raise
            found = self._requests.read(self._keys.manifest)
            # S3 may have carried out what it did not answer.
            if found is None or found.content != manifest:
                raise TransientError(
                    f"{self.name} was replaced or removed while this attempt was exporting: its session must"
                    " have ended, and another attempt has published. That one's manifest stays; export again"
                ) from error

    def _delete_stale_chunks(self) -> None:
        current = {file.key for file in self._files}
        for entry in insist(lambda: self._own("list_objects_v2", "Contents")):
            key = entry["Key"]
            if key not in current:
                log.info("Deleting %r: the export no longer has this chunk", key)
                insist(partial(self._requests.send, "delete_object", key))

    def _complete(self, upload_id: str, upload: Upload) -> ExportedFile:
        version_id = insist(lambda: self._complete_or_find(upload_id, upload)).get("VersionId")
        # "null" is what versions are called that were written while versioning was off.
        return upload.exported_file(None if version_id == "null" else version_id)

    def _complete_or_find(self, upload_id: str, upload: Upload) -> Answer:
        try:
            answer: Answer = self._requests.send(
                "complete_multipart_upload",
                upload.key,
                UploadId=upload_id,
                MultipartUpload={"Parts": upload.parts()},
            )
        except TransientError:
            if found := self._find(upload):
                return found
            raise
        del self._uploads[upload_id]
        return answer

    def _find(self, upload: Upload) -> Answer | None:
        """The object, if it holds the upload's bytes: S3 may have carried out what it did not answer."""
        try:
            found: Answer = self._requests.send("head_object", upload.key, ChecksumMode="ENABLED")
        except Exception as error:  # the first error is the one to report
            log.info("Could not look for the object: %s", error)
            return None
        return found if upload.is_object(found) else None

    def _send(self, key: str, upload_id: str, number: int, part: Part) -> Future[Answer]:
        self._slots.acquire()
        if self._failure:
            self._slots.release()
            raise self._failure
        future = self._threads.submit(
            self._requests.send,
            "upload_part",
            key,
            UploadId=upload_id,
            PartNumber=number,
            Body=part,
            ChecksumAlgorithm="CRC32",
        )
        future.add_done_callback(self._part_done)
        return future

    def _part_done(self, future: Future[Answer]) -> None:
        if not future.cancelled() and future.exception():
            self._failure = self._failure or future.exception()
        self._slots.release()

    def _abort_leftovers(self) -> None:
        for upload in self._own("list_multipart_uploads", "Uploads"):
            log.info("Aborting the upload of %r that an earlier attempt left open", upload["Key"])
            self._requests.abort(upload["Key"], upload["UploadId"])

    def _own(self, listing: str, entries: str) -> list[dict[str, Any]]:
        found = self._requests.list(listing, entries, self._keys.prefix)
        return [entry for entry in found if self._keys.owns(entry["Key"])]
