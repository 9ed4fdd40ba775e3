"""The folder exports/, in which a person finds the files of the bucket under the same keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class ExportsFolder:
    """Keeps ``folder/<bucket>`` as the bucket is; what has not changed since the last update is not read again."""

    def __init__(self, client: S3Client, bucket: str, folder: Path) -> None:
        self.path = folder / bucket
        self._client = client
        self._bucket = bucket
        self._tags: dict[str, str] = {}

    def update(self) -> list[str]:
        """Download what is new, remove what is gone.

        :return: the keys that were downloaded
        """
        tags = self._list()
        changed = [key for key, tag in tags.items() if self._tags.get(key) != tag]
        for key in changed:
            file = self.path / key
            file.parent.mkdir(parents=True, exist_ok=True)
            # It appears whole: boto3 downloads under another name and renames.
            self._client.download_file(self._bucket, key, str(file))
        self._remove_all_but({self.path / key for key in tags})
        self._tags = tags
        return changed

    def _list(self) -> dict[str, str]:
        """The key and the entity tag, with the time it was written, of each object."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket)
        entries = [entry for page in pages for entry in page.get("Contents", [])]
        return {entry["Key"]: f"{entry['ETag']} {entry['LastModified'].isoformat()}" for entry in entries}

    def _remove_all_but(self, wanted: set[Path]) -> None:
        # The deepest first, so that a folder is empty when its turn comes.
        for path in sorted(self.path.rglob("*"), reverse=True):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
            elif not path.is_dir() and path not in wanted:
                path.unlink()
