"""Uploads that will not be completed are aborted, several at once, within the time that there is."""

from __future__ import annotations

import threading
import time

import pytest

from local.servers.s3.client import s3_client
from local.servers.stack import Stack
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.s3.requests import ABORT_THREADS, BucketRequests
from tests.support.bucket import Bucket
from tests.support.s3_proxy import Fault, S3Proxy

COUNT = 3 * ABORT_THREADS


@pytest.fixture
def requests(stack: Stack, bucket: Bucket, proxy: S3Proxy) -> BucketRequests:
    """Requests to an empty bucket, through the proxy."""
    keys = stack.credentials
    return BucketRequests(s3_client(proxy.url, keys.s3_access_key, keys.s3_secret_key, attempts=1), bucket.name)


def open_uploads(requests: BucketRequests) -> list[tuple[str, str]]:
    """Begin some uploads; their keys and ids."""
    return [(f"x/{number}.csv", requests.create_upload(f"x/{number}.csv", {})) for number in range(COUNT)]


def test_all_uploads_are_aborted_several_at_once(requests: BucketRequests, bucket: Bucket, proxy: S3Proxy) -> None:
    uploads = open_uploads(requests)
    all_busy = threading.Barrier(ABORT_THREADS)
    proxy.before = lambda operation: operation == "AbortMultipartUpload" and all_busy.wait(30)

    requests.abort_uploads(uploads)

    assert bucket.open_uploads() == []


def test_one_that_fails_does_not_keep_the_others_open(requests: BucketRequests, bucket: Bucket, proxy: S3Proxy) -> None:
    uploads = open_uploads(requests)
    proxy.faults.append(Fault("AbortMultipartUpload", 403, key="x/0.csv"))

    with pytest.raises(PermanentError, match=r"x/0\.csv: .*AccessDenied"):
        requests.abort_uploads(uploads)

    assert [upload["Key"] for upload in bucket.open_uploads()] == ["x/0.csv"]


def test_when_time_is_up_the_rest_stays_open(
    requests: BucketRequests, bucket: Bucket, proxy: S3Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    uploads = open_uploads(requests)
    may_answer = threading.Event()
    proxy.before = lambda operation: operation == "AbortMultipartUpload" and may_answer.wait(30)

    started = time.monotonic()
    requests.abort_uploads(uploads, seconds=0.2)
    seconds = time.monotonic() - started

    may_answer.set()
    assert seconds < 10
    assert f"{COUNT} uploads are still open; the next attempt aborts them" in caplog.text
    assert len(bucket.open_uploads()) >= COUNT - ABORT_THREADS


def test_there_may_be_nothing_to_abort(requests: BucketRequests) -> None:
    requests.abort_uploads([])
