"""Takes the place of a publication when nothing may be written."""

from __future__ import annotations

from collections.abc import Mapping

from postgres_to_s3.manifest import ExportedFile
from postgres_to_s3.options.keys import ExportKeys
from postgres_to_s3.s3.upload import Upload


class DryRun:
    """A publication whose files are measured and forgotten."""

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

    def open(self, index: int, _metadata: Mapping[str, str] | None = None) -> Upload:
        """Begin the file of chunk ``index``."""
        upload = Upload(index, self._keys.chunk(index), lambda _number, _part: None)
        self._uploads.append(upload)
        return upload

    def wait_for_parts(self) -> None:
        """Nothing to wait for."""

    def publish(self) -> list[ExportedFile]:
        """The files as they would be, in the order of their chunks."""
        return [upload.exported_file() for upload in sorted(self._uploads, key=lambda upload: upload.index)]

    def conclude(self, manifest: bytes) -> None:
        """Nothing to write, nothing to delete."""
