"""Aborts uploads that will not be completed, several at once."""

from __future__ import annotations

import logging
from collections.abc import Collection
from concurrent.futures import wait

from postgres_to_s3.s3.requests import BucketRequests
from postgres_to_s3.threads import thread_pool

log = logging.getLogger(__name__)

THREADS = 8


def abort_uploads(requests: BucketRequests, uploads: Collection[tuple[str, str]], seconds: float | None = None) -> None:
    """Abort the uploads, each given by its key and id.

    :param seconds: how long this may take; the next attempt aborts those that are still open then
    :raises TransientError, PermanentError: that of the first upload that could not be aborted; the others are
    """
    threads = thread_pool(THREADS, "abort")
    try:
        done, _ = wait([threads.submit(requests.abort_upload, *upload) for upload in uploads], timeout=seconds)
    finally:
        threads.shutdown(wait=seconds is None, cancel_futures=True)
    if len(done) < len(uploads):
        log.warning("%s uploads are still open; the next attempt aborts them", len(uploads) - len(done))
    for upload in done:
        upload.result()
