"""Takes the place of a publication when nothing may be written."""

from __future__ import annotations

from collections.abc import Mapping

from postgres_to_s3.manifest import ExportedFile
from postgres_to_s3.options.keys import ExportKeys
from postgres_to_s3.s3.upload import Upload


class DryRun:
    """A publication whose files are measured and forgotten.

    :param keys: those that the files would have
    """

    def __init__(self, bucket: str, keys: ExportKeys) -> None:
        self.bucket = bucket
        self.name = f"s3://{bucket}/{keys.manifest}"
        self._keys = keys
        self._uploads: list[Upload] = []

    def __enter__(self) -> DryRun:
        return self

    def __exit__(self, *_: object) -> None:
        self._uploads.clear()

    def last_manifest(self) -> None:
        """None: a dry run reads nothing from S3."""

    def open(self, chunk: int, metadata: Mapping[str, str]) -> Upload:  # noqa: ARG002 - the publication's signature
        """Begin the file of a chunk."""
        upload = Upload(chunk, self._keys.chunk(chunk), lambda _number, _part: None)
        self._uploads.append(upload)
        return upload

    def wait_for_parts(self) -> None:
        """Nothing was sent, so there is nothing to wait for."""

    def publish_files(self) -> list[ExportedFile]:
        """The files as they would be, in the order of their chunks."""
        return [upload.exported_file() for upload in sorted(self._uploads, key=lambda upload: upload.chunk)]

    def publish_manifest(self, manifest: bytes) -> None:
        """Nothing is written and nothing deleted."""
