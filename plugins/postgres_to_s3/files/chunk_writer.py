"""Cuts a stream of rows into chunks of an exact number of rows, and each chunk into parts of bounded size."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from typing import Protocol

from postgres_to_s3.files.progress import Progress

# Of mallopt(3): buffers of at least this size get memory of their own, which is returned as soon as they are freed.
M_MMAP_THRESHOLD = -3
LARGE_BYTES = 1024 * 1024


class ChunkFile(Protocol):
    """Where the bytes of one chunk go."""

    def send(self, part: bytes | bytearray) -> None:
        """Take the next part of the file, to keep: nobody changes it any more."""

    def finish(self, rows: int) -> None:
        """The file is complete and holds this many data rows."""


# Opens the file of a chunk, given the chunk's number.
OpenFile = Callable[[int], ChunkFile]


class ChunkWriter:
    """What COPY writes to: one ``write()`` is one row.

    PostgreSQL sends each row as one CopyData message and the drivers hand messages on one by one, so counting calls
    counts rows whatever quotes and line breaks they hold. A new chunk begins after ``max_rows`` rows; its bytes go to
    its file in parts of at least ``part_bytes`` (the last one is smaller), so memory holds one part.

    :param open_file: opens the file of a chunk, given its number
    :param header: what each file begins with
    :param progress: is told of each part
    :param first: number of the first chunk
    """

    def __init__(
        self,
        open_file: OpenFile,
        header: bytes,
        max_rows: int,
        part_bytes: int,
        progress: Progress,
        first: int = 0,
    ) -> None:
        self.rows = 0
        self._open_file = open_file
        self._header = header
        self._max_rows = max_rows
        self._part_bytes = part_bytes
        self._progress = progress
        self._chunk = first - 1
        self._next_chunk()

    def write(self, row: bytes | memoryview) -> None:
        """Take one row, its line end included."""
        if self._chunk_rows == self._max_rows:
            self._finish_chunk()
            self._next_chunk()
        self._chunk_rows += 1
        self._part += row
        if len(self._part) >= self._part_bytes:
            self._send_part()

    def close(self) -> None:
        """The query has no more rows; an empty result leaves one file that holds the header."""
        self._finish_chunk()

    def _next_chunk(self) -> None:
        self._chunk += 1
        self._chunk_rows = 0
        self._sent_rows = 0
        self._has_sent = False
        self._part = bytearray(self._header)
        self._file = self._open_file(self._chunk)

    def _send_part(self) -> None:
        size = len(self._part)
        # Handed over as it is: a copy would cost time and the memory of one more part.
        self._file.send(self._part)
        self._part = bytearray()
        self._has_sent = True
        self._progress.add(self._chunk_rows - self._sent_rows, size, self._chunk)
        self._sent_rows = self._chunk_rows

    def _finish_chunk(self) -> None:
        if self._part or not self._has_sent:
            # S3 completes no upload without a part, not even that of an empty file.
            self._send_part()
        self._file.finish(self._chunk_rows)
        self.rows += self._chunk_rows
        self._chunk_rows = 0


class CrlfChunkWriter(ChunkWriter):
    """Ends each row with CR LF; the line breaks inside of values stay as they are."""

    def write(self, row: bytes | memoryview) -> None:
        """Take one row, its line end included."""
        super().write(b"".join((row[:-1], b"\r\n")))


def return_freed_buffers() -> None:
    """Make the C library of this process return large buffers when they are freed; does nothing where it cannot.

    glibc raises its own threshold whenever a large buffer is freed. The buffers of parts, which threads take and free
    in turn, would then come from heaps that only ever grow: by 25 MiB from 1 to 5 million rows.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt:
            mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
