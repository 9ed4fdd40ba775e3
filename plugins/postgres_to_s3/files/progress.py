"""Says in the log how far an export has come, over all of its files and connections."""

from __future__ import annotations

import logging
import time
from threading import Lock

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 10.0


class Progress:
    """Adds up what has gone to the files of one export, from several threads, and logs it every few seconds.

    :param total: rows of the whole export
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._rows = 0
        self._bytes = 0
        self._lock = Lock()
        self._started = time.monotonic()
        self._next_report = self._started + PROGRESS_SECONDS

    def add(self, rows: int, size: int, chunk: int) -> None:
        """Count a part that has gone to the file of this chunk.

        :param size: its bytes of CSV, before compression
        """
        with self._lock:
            self._rows += rows
            self._bytes += size
            now = time.monotonic()
            if now >= self._next_report:
                self._next_report = now + PROGRESS_SECONDS
                self._report(now - self._started, chunk)

    def _report(self, seconds: float, chunk: int) -> None:
        log.info(
            "%s of %s rows (%.0f %%), %.0f MB of CSV, %.0f rows/s, in chunk %s",
            self._rows,
            self._total,
            100 * self._rows / max(self._total, 1),
            self._bytes / 1e6,
            self._rows / max(seconds, 1e-3),
            chunk,
        )
