"""Parts are sent in threads until one fails or the sender is stopped; then no more of them are taken."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from local.servers.s3.client import s3_client
from local.servers.stack import Stack
from postgres_to_s3.errors import PermanentError, TransientError
from postgres_to_s3.s3.part_sender import PartSender
from postgres_to_s3.s3.requests import BucketRequests
from tests.support.bucket import Bucket
from tests.support.export_runner import MIB, PART
from tests.support.s3_proxy import Fault, S3Proxy

KEY = "x/results_0000.csv"


@pytest.fixture
def requests(stack: Stack, bucket: Bucket, proxy: S3Proxy) -> BucketRequests:
    """Requests to an empty bucket, through the proxy."""
    keys = stack.credentials
    client = s3_client(proxy.url, keys.s3_access_key, keys.s3_secret_key, attempts=1)
    return BucketRequests(client, bucket.name)


@pytest.fixture
def sender(requests: BucketRequests) -> Iterator[PartSender]:
    """Sends one part at once; one more waits."""
    with closing(PartSender(requests, threads=1)) as opened:
        yield opened


def test_parts_are_sent_and_answered(requests: BucketRequests, sender: PartSender, bucket: Bucket) -> None:
    upload_id = requests.create_upload(KEY, {})

    sent = [sender.send(KEY, upload_id, number, b"x" * PART) for number in (1, 2)]
    requests.complete_upload(KEY, upload_id, [part.result() for part in sent])

    assert bucket.read(KEY) == b"x" * 2 * PART


def test_a_failed_part_stops_the_parts_after_it(
    requests: BucketRequests, sender: PartSender, bucket: Bucket, proxy: S3Proxy
) -> None:
    proxy.faults.append(Fault("UploadPart", 403, part=1))
    upload_id = requests.create_upload(KEY, {})
    sent = []

    def send_parts() -> None:
        for number in range(1, 101):
            sender.send(KEY, upload_id, number, b"x" * MIB)
            sent.append(number)

    with pytest.raises(PermanentError, match=rf"s3://{bucket.name}/{KEY}: .*AccessDenied"):
        send_parts()

    assert len(sent) < 10
    with pytest.raises(PermanentError, match="AccessDenied"):
        sender.raise_failure()


def test_whoever_waits_for_room_is_told_that_the_sender_was_stopped(
    requests: BucketRequests, sender: PartSender, proxy: S3Proxy
) -> None:
    is_sending, may_go_on = threading.Event(), threading.Event()

    def hold(operation: str) -> None:
        if operation == "UploadPart":
            is_sending.set()
            may_go_on.wait(30)

    upload_id = requests.create_upload(KEY, {})
    proxy.before = hold
    with ThreadPoolExecutor(1) as thread:
        for number in (1, 2):
            sender.send(KEY, upload_id, number, b"x")
        assert is_sending.wait(30)
        waiting = thread.submit(sender.send, KEY, upload_id, 3, b"x")
        sender.stop()
        with pytest.raises(TransientError, match="the export was stopped"):
            waiting.result(30)
        may_go_on.set()
