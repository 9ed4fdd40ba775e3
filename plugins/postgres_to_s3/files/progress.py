"""Says in the log how far an export has come, over all of its files and connections."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from threading import Lock

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 10.0
SHOWN_CHUNKS = 8


class Progress:
    """Adds up what has gone to the files of one export, from several threads, and logs it every few seconds.

    :param total: rows of the whole export
    :param clock: seconds from any moment on
    """

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._total = total
        self._rows = 0
        self._bytes = 0
        self._chunks: set[int] = set()
        self._lock = Lock()
        self._started = clock()
        self._next_report = self._started + PROGRESS_SECONDS

    def add(self, rows: int, size: int, chunk: int) -> None:
        """Count a part that has gone to the file of this chunk.

        :param size: its bytes of CSV, before compression
        """
        with self._lock:
            self._rows += rows
            self._bytes += size
            self._chunks.add(chunk)
            now = self._clock()
            if now >= self._next_report:
                self._next_report = now + PROGRESS_SECONDS
                self._report(now - self._started)
                self._chunks.clear()

    def _report(self, seconds: float) -> None:
        log.info(
            "%s of %s rows (%.0f %%), %.0f MB of CSV, %.0f rows/s, in %s",
            self._rows,
            self._total,
            100 * self._rows / max(self._total, 1),
            self._bytes / 1e6,
            self._rows / max(seconds, 1e-3),
            _named(sorted(self._chunks)),
        )


def _named(chunks: Sequence[int]) -> str:
    """The chunks that have grown since the last line: one for each connection, or more of small ones."""
    if len(chunks) <= SHOWN_CHUNKS:
        return f"chunk{'' if len(chunks) == 1 else 's'} {', '.join(map(str, chunks))}"
    return f"{len(chunks)} chunks from {chunks[0]} to {chunks[-1]}"
