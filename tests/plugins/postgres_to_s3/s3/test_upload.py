"""A file on its way to S3 knows its size and checksums, and its object again."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from postgres_to_s3.errors import TransientError
from postgres_to_s3.manifest import ExportedFile
from postgres_to_s3.s3.requests import CHECKSUM, BucketRequests
from postgres_to_s3.s3.upload import Upload
from tests.support.bucket import Bucket
from tests.support.export_runner import PART

KEY = "x/results_0003.csv"
PARTS = (b"a" * PART, b"b" * PART, b"end")


def upload_parts(requests: BucketRequests, key: str, parts: tuple[bytes, ...]) -> Upload:
    """Send and complete a file."""
    upload_id = requests.create_upload(key, {})

    def send(number: int, part: bytes | bytearray) -> Future[Any]:
        answer: Future[Any] = Future()
        answer.set_result(requests.send_part(key, upload_id, number, part))
        return answer

    upload = Upload(3, key, send)
    for part in parts:
        upload.send(part)
    upload.finish(rows=7)
    requests.complete_upload(key, upload_id, upload.parts())
    return upload


def test_a_file_is_described_by_what_was_sent() -> None:
    upload = Upload(3, KEY, lambda _number, _part: None)
    for part in PARTS:
        upload.send(part)
    upload.finish(rows=7)

    content = b"".join(PARTS)
    assert upload.exported_file("v1") == ExportedFile(KEY, 7, len(content), hashlib.sha256(content).hexdigest(), "v1")


def test_parts_are_numbered_from_one_on(bucket: Bucket) -> None:
    parts = upload_parts(BucketRequests(bucket.client, bucket.name), KEY, PARTS).parts()

    assert [part["PartNumber"] for part in parts] == [1, 2, 3]
    assert all(CHECKSUM in part for part in parts)


@pytest.mark.parametrize("has_checksum", [True, False], ids=["checksum", "entity-tag"])
@pytest.mark.parametrize(
    ("parts", "is_same"),
    [
        pytest.param(PARTS, True, id="same"),
        pytest.param((b"b" * PART, b"a" * PART, b"end"), False, id="other-order"),
        pytest.param((b"a" * PART, b"b" * PART, b"END"), False, id="other-bytes"),
        pytest.param((b"a" * PART, b"b" * PART, b"longer"), False, id="other-size"),
    ],
)
def test_an_object_is_recognised_by_its_bytes(
    bucket: Bucket, parts: tuple[bytes, ...], is_same: bool, has_checksum: bool
) -> None:
    requests = BucketRequests(bucket.client, bucket.name)
    upload = upload_parts(requests, "other", PARTS)
    upload_parts(requests, KEY, parts)

    description = requests.describe(KEY)
    if not has_checksum:
        description = replace(description, checksum=None)

    assert upload.is_object(description) == is_same


def test_a_part_that_failed_is_never_passed_over() -> None:
    failed: Future[Any] = Future()
    failed.set_exception(TransientError("busy"))
    upload = Upload(3, KEY, lambda _number, _part: failed)

    for _ in range(2):
        with pytest.raises(TransientError, match="busy"):
            upload.send(b"part")
        with pytest.raises(TransientError, match="busy"):
            upload.parts()
