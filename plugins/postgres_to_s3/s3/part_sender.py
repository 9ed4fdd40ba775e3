"""Sends the parts of an export's files in threads, a few at once, so that memory stays bounded."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from postgres_to_s3.errors import TransientError
from postgres_to_s3.s3.requests import BucketRequests
from postgres_to_s3.threads import thread_pool

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef


class PartSender:
    """Sends parts until one fails or the sender is stopped.

    :param threads: how many parts are sent at once; one more waits for its turn
    """

    def __init__(self, requests: BucketRequests, threads: int) -> None:
        self._requests = requests
        self._threads = thread_pool(threads, "upload")
        self._free = threading.Semaphore(threads + 1)
        self._failure: BaseException | None = None
        self.is_stopped = False

    def send(self, key: str, upload_id: str, number: int, part: bytes | bytearray) -> Future[CompletedPartTypeDef]:
        """Send a part; waits until there is room for it.

        :raises Exception: the reason why no more parts are taken
        """
        self._free.acquire()
        try:
            self.raise_failure()
        except BaseException:
            self._free.release()
            raise
        future = self._threads.submit(self._requests.send_part, key, upload_id, number, part)
        future.add_done_callback(self._take_outcome)
        return future

    def stop(self) -> None:
        """Take no more parts, from any thread."""
        self.is_stopped = True
        if not self._failure:
            self._failure = TransientError("the export was stopped")
            self._free.release()

    def raise_failure(self) -> None:
        """Raise the error of the first part that failed, or TransientError if the sender was stopped."""
        if self._failure:
            raise self._failure

    def close(self) -> None:
        """Wait for the parts that are being sent and forget the others."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _take_outcome(self, future: Future[CompletedPartTypeDef]) -> None:
        if not future.cancelled() and (error := future.exception()):
            self._failure = self._failure or error
        self._free.release()
