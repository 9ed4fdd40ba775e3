"""Publication: files become visible all together, after their last byte, and what is not published leaves no trace."""

from __future__ import annotations

import hashlib
import re
import threading
import time
from typing import Any

import pytest

from local.servers.s3.client import s3_client
from local.servers.stack import Stack
from postgres_to_s3.manifest import ExportedFile
from postgres_to_s3.options.keys import ExportKeys
from postgres_to_s3.s3 import bucket_publication
from postgres_to_s3.s3.bucket_publication import BucketPublication
from postgres_to_s3.s3.publication import Publication
from tests.support.bucket import Bucket
from tests.support.export_runner import wait_until
from tests.support.s3_proxy import S3Proxy

KEYS = ExportKeys("x/results_{chunk:04d}.csv")
FIRST, SECOND = "x/results_0000.csv", "x/results_0001.csv"
MIB = 1024 * 1024


@pytest.fixture
def publication(bucket: Bucket) -> BucketPublication:
    return BucketPublication(bucket.client, bucket.name, KEYS)


def write_two_files(publication: Publication) -> None:
    for index, content in enumerate((b"a\n1\n", b"a\n2\n3\n")):
        upload = publication.open(index, {})
        upload.send(content)
        upload.finish(rows=index + 1)


def test_nothing_is_visible_before_it_is_published(publication: BucketPublication, bucket: Bucket) -> None:
    with publication:
        write_two_files(publication)
        assert bucket.keys() == []

        publication.publish_files()
        assert (bucket.read(FIRST), bucket.read(SECOND)) == (b"a\n1\n", b"a\n2\n3\n")


def test_published_files_are_described(publication: BucketPublication) -> None:
    with publication:
        write_two_files(publication)

        assert publication.publish_files() == [
            ExportedFile(FIRST, rows=1, bytes=4, sha256=hashlib.sha256(b"a\n1\n").hexdigest()),
            ExportedFile(SECOND, rows=2, bytes=6, sha256=hashlib.sha256(b"a\n2\n3\n").hexdigest()),
        ]


def test_what_is_not_published_leaves_no_trace(publication: BucketPublication, bucket: Bucket) -> None:
    def stop_half_way() -> None:
        with publication:
            write_two_files(publication)
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        stop_half_way()

    assert bucket.keys() == []
    assert bucket.open_uploads() == []


def test_parts_are_joined_in_their_order(publication: BucketPublication, bucket: Bucket) -> None:
    parts = [bytes([number]) * 5 * MIB for number in range(6)] + [b"end"]
    with publication:
        upload = publication.open(0, {})
        for part in parts:
            upload.send(part)
        upload.finish(rows=7)
        publication.publish_files()

    assert bucket.read(FIRST) == b"".join(parts)


def test_the_manifest_is_written_and_files_of_a_larger_export_go(
    publication: BucketPublication, bucket: Bucket
) -> None:
    for key in ("x/results_0002.csv", "x/results_0123.csv", "x/results_0002.csv.bak"):
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=b"old")
    with publication:
        write_two_files(publication)
        publication.publish_files()
        publication.publish_manifest(b"{}")

    assert bucket.keys() == ["x/results.manifest.json", FIRST, SECOND, "x/results_0002.csv.bak"]
    assert bucket.read("x/results.manifest.json") == b"{}"


def test_a_server_that_knows_no_checksums_is_served(stack: Stack, bucket: Bucket) -> None:
    client = stack.s3_client()
    client.meta.events.register("provide-client-params.s3.CreateMultipartUpload", without_checksum)
    client.meta.events.register("after-call.s3.UploadPart", forget_checksum)
    with BucketPublication(client, bucket.name, KEYS) as publication:
        write_two_files(publication)
        publication.publish_files()

    assert bucket.read(SECOND) == b"a\n2\n3\n"


def without_checksum(params: dict[str, Any], **_: object) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name != "ChecksumAlgorithm"}


def forget_checksum(parsed: dict[str, Any], **_: object) -> None:
    del parsed["ChecksumCRC32"]


def test_a_publication_that_was_stopped_takes_no_longer_than_airflow_waits(
    monkeypatch: pytest.MonkeyPatch, stack: Stack, bucket: Bucket, proxy: S3Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(bucket_publication, "STOP_SECONDS", 0.2)
    keys = stack.credentials
    client = s3_client(proxy.url, keys.s3_access_key, keys.s3_secret_key, attempts=1)
    may_answer = threading.Event()
    with BucketPublication(client, bucket.name, KEYS) as stopped:
        for chunk in range(20):
            stopped.open(chunk, {})
        proxy.before = lambda operation: operation == "AbortMultipartUpload" and may_answer.wait(30)
        stopped.stop()
        started = time.monotonic()
    seconds = time.monotonic() - started
    may_answer.set()
    left = len(bucket.open_uploads())

    with BucketPublication(bucket.client, bucket.name, KEYS):
        wait_until(lambda: bucket.open_uploads() == [])

    assert seconds < 10
    assert left > 0
    assert "uploads are still open; the next attempt aborts them" in caplog.text
    assert re.search(r"Aborting \d+ uploads that an earlier attempt left open", caplog.text)
