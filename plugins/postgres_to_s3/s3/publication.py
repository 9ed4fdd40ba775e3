"""What an export needs of the place where it publishes its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Protocol, Self

from postgres_to_s3.files.chunk_writer import ChunkFile
from postgres_to_s3.manifest import ExportedFile


class Publication(Protocol):
    """The files of one export, published all together; a context manager that discards what was not published."""

    @property
    def bucket(self) -> str:
        """The bucket."""

    @property
    def name(self) -> str:
        """Where the manifest is, as a URL."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

    def last_manifest(self) -> bytes | None:
        """The manifest that is published now, None if there is none."""

    def open(self, chunk: int, metadata: Mapping[str, str]) -> ChunkFile:
        """Begin the file of a chunk, given its number; the object gets this metadata, too."""

    def wait_for_parts(self) -> None:
        """Return when every part has arrived."""

    def publish_files(self) -> Sequence[ExportedFile]:
        """Make all files visible and return them in the order of their chunks."""

    def publish_manifest(self, manifest: bytes) -> None:
        """Write the manifest, then delete the files that an earlier, larger export left behind."""
