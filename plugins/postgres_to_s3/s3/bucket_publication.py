"""Publishes the files of an export in S3 all together: nothing changes under a final key before every byte is there.

Each file is a multipart upload whose parts are sent while rows still arrive; S3 shows an object only when its upload
is completed. An export that fails is aborted and leaves every object as it was.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from postgres_to_s3.errors import ExportError, TransientError
from postgres_to_s3.manifest import ExportedFile
from postgres_to_s3.options.keys import ExportKeys
from postgres_to_s3.options.object_options import MANIFEST_TYPE, ObjectOptions
from postgres_to_s3.s3.failures import is_failed_condition, named_errors
from postgres_to_s3.s3.part_sender import PartSender
from postgres_to_s3.s3.requests import BucketRequests, Description, with_retries
from postgres_to_s3.s3.upload import Upload
from postgres_to_s3.threads import thread_pool

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

log = logging.getLogger(__name__)

UPLOAD_THREADS = 2
# Each file takes S3 up to a second to put together: they become visible together, not one after the other.
COMPLETE_THREADS = 8
# Airflow kills a task for good five seconds after it was told to stop.
STOP_SECONDS = 3.0


class BucketPublication:
    """The uploads of one export; use as a context manager, which aborts what was not published.

    :param keys: the keys of the export's files
    :param objects: how S3 keeps them
    :param threads: how many parts are sent at once
    """

    def __init__(
        self,
        client: S3Client,
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
        self._sender = PartSender(self._requests, threads)
        # By their ids: those that are neither completed nor aborted.
        self._uploads: dict[str, Upload] = {}
        self._files: list[ExportedFile] = []
        self._condition: dict[str, str] = {}

    def __enter__(self) -> BucketPublication:
        leftovers = [upload for upload in self._requests.uploads(self._keys.prefix) if self._keys.owns(upload[0])]
        if leftovers:
            log.info("Aborting %s uploads that an earlier attempt left open", len(leftovers))
            self._requests.abort_uploads(leftovers)
        return self

    def __exit__(self, *_: object) -> None:
        self._sender.close()
        uploads = [(upload.key, upload_id) for upload_id, upload in self._uploads.items()]
        try:
            self._requests.abort_uploads(uploads, seconds=STOP_SECONDS if self._sender.is_stopped else None)
        except Exception as error:  # the first error is the one to report; the next attempt aborts what is left
            log.warning("Could not abort an upload: %s", error)

    def last_manifest(self) -> bytes | None:
        """The manifest that is published now, None if there is none; from now on nobody else may replace it."""
        found = self._requests.read(self._keys.manifest)
        self._condition = {"IfMatch": found.etag} if found else {"IfNoneMatch": "*"}
        return found.content if found else None

    def open(self, chunk: int, metadata: Mapping[str, str]) -> Upload:
        """Begin the file of a chunk, given its number; the object gets this metadata, too."""
        key = self._keys.chunk(chunk)
        extra = {"ContentType": self._objects.content_type, **self._objects.arguments(metadata)}
        upload_id = self._requests.create_upload(key, extra)
        upload = Upload(chunk, key, partial(self._sender.send, key, upload_id))
        self._uploads[upload_id] = upload
        return upload

    def stop(self) -> None:
        """Take no more parts and publish nothing, from any thread; where files already become visible it goes on."""
        self._sender.stop()

    def wait_for_parts(self) -> None:
        """Return when S3 has every part.

        :raises TransientError, PermanentError: that of the first part that failed
        """
        for upload in self._uploads.values():
            upload.parts()

    def publish_files(self) -> list[ExportedFile]:
        """Make all files visible, once S3 has every part, and return them in the order of their chunks."""
        self.wait_for_parts()
        uploads = sorted(self._uploads.items(), key=lambda item: item[1].chunk)
        self._sender.raise_failure()
        with thread_pool(COMPLETE_THREADS, "complete") as threads:
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

    def publish_manifest(self, manifest: bytes) -> None:
        """Write the manifest, then delete the files that an earlier, larger export left behind.

        :raises TransientError: somebody else has written the manifest since ``last_manifest`` read it
        """
        extra = {"ContentType": MANIFEST_TYPE, **self._condition, **self._objects.arguments()}
        try:
            with_retries(lambda: self._requests.write(self._keys.manifest, manifest, extra))
        except ExportError as error:
            self._look_for(manifest, error)
        with named_errors("the new export is published, but files of an earlier one may have stayed beside it"):
            self._delete_stale_files()

    def _look_for(self, manifest: bytes, failure: ExportError) -> None:
        """Return if the manifest is there: S3 may have carried out what it did not answer, or answered with an error.

        :raises ExportError: it is not, or nobody knows
        """
        try:
            found = with_retries(lambda: self._requests.read(self._keys.manifest))
        except ExportError as error:
            raise type(failure)(
                f"{failure}. The new export is published if S3 has written the manifest all the same; whether it has"
                f" could not be found out: {error}"
            ) from failure
        if found and found.content == manifest:
            log.warning("The manifest is written, though S3 did not confirm it: %s", failure)
        elif is_failed_condition(failure.__cause__):
            raise TransientError(
                f"{self.name} was replaced or removed while this attempt was exporting: its session must"
                " have ended, and another attempt has published. The manifest of that attempt stays; export again"
            ) from failure
        else:
            raise failure

    def _delete_stale_files(self) -> None:
        current = {file.key for file in self._files}
        for key in with_retries(lambda: self._requests.objects(self._keys.prefix)):
            if self._keys.owns(key) and key not in current:
                log.info("Deleting %r: the export no longer has this file", key)
                with_retries(partial(self._requests.delete, key))

    def _complete(self, upload_id: str, upload: Upload) -> ExportedFile:
        version_id = with_retries(lambda: self._version_of(upload_id, upload))
        # "null" is what versions are called that were written while versioning was off.
        return upload.exported_file(None if version_id == "null" else version_id)

    def _version_of(self, upload_id: str, upload: Upload) -> str | None:
        """Complete an upload and return the version of its object, None in a bucket without versions."""
        try:
            version_id = self._requests.complete_upload(upload.key, upload_id, upload.parts())
        except TransientError:
            if found := self._find(upload):
                return found.version_id
            raise
        del self._uploads[upload_id]
        return version_id

    def _find(self, upload: Upload) -> Description | None:
        """The object, if it holds the upload's bytes: S3 may have carried out what it did not answer."""
        try:
            found = self._requests.describe(upload.key)
        except Exception as error:  # the first error is the one to report
            log.info("Could not look for the object: %s", error)
            return None
        return found if upload.is_object(found) else None
