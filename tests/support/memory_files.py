"""Chunk files in memory: what a copy stream writes, for a test to look at."""

from __future__ import annotations

from dataclasses import dataclass, field

from postgres_to_s3.files.chunk_writer import ChunkWriter
from postgres_to_s3.files.progress import Progress
from postgres_to_s3.options.csv_dialect import RFC4180
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.postgres.snapshot import Snapshot
from postgres_to_s3.postgres.transaction import Transaction


@dataclass
class MemoryFile:
    """One file: its parts as they were sent, and its data rows once it is finished."""

    parts: list[bytes] = field(default_factory=list)
    rows: int | None = None

    @property
    def content(self) -> bytes:
        """The whole file."""
        return b"".join(self.parts)

    def send(self, part: bytes) -> None:
        self.parts.append(part)

    def finish(self, rows: int) -> None:
        self.rows = rows


@dataclass
class MemoryFiles:
    """The files of one export, in the order they were opened."""

    files: list[MemoryFile] = field(default_factory=list)

    def open(self, index: int) -> MemoryFile:
        assert index == len(self.files)
        self.files.append(MemoryFile())
        return self.files[index]

    def contents(self) -> list[bytes]:
        return [file.content for file in self.files]

    def writer(
        self, header: bytes = b"h\n", max_rows: int = 1000, part_bytes: int = 1000, total: int = 0
    ) -> ChunkWriter:
        return ChunkWriter(self.open, header, max_rows, part_bytes, Progress(total))


def snapshot_of(session: Session, query: str) -> Snapshot:
    """What the session's own transaction shows of a query."""
    return Snapshot.of(Transaction(session, query, lambda: session))


def copy_to_memory(session: Session, query: str, max_rows: int = 1000) -> MemoryFiles:
    """Stream a query's rows into memory, as an export streams them to S3."""
    files = MemoryFiles()
    snapshot = snapshot_of(session, query)
    header = RFC4180.file_start(column.name for column in snapshot.columns)
    snapshot.copy(query, files.writer(header, max_rows), RFC4180)
    return files
