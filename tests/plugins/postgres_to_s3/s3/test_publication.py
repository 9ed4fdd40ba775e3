"""Publication: files become visible all together, after their last byte, and what is not published leaves no trace."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from local.servers.s3_client import s3_client
from local.servers.stack import Stack
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.manifest import ExportedFile
from postgres_to_s3.options.keys import ExportKeys
from postgres_to_s3.s3.dry_run import DryRun
from postgres_to_s3.s3.publication import Publication
from postgres_to_s3.s3.upload import Upload
from tests.support.bucket import Bucket
from tests.support.s3_proxy import Fault, s3_proxy

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEYS = ExportKeys("x/results_{chunk:04d}.csv")
FIRST, SECOND = "x/results_0000.csv", "x/results_0001.csv"
MIB = 1024 * 1024


@pytest.fixture
def publication(bucket: Bucket) -> Publication:
    return Publication(bucket.client, bucket.name, KEYS)


def write_two_files(publication: Publication | DryRun) -> None:
    for index, content in enumerate((b"a\n1\n", b"a\n2\n3\n")):
        upload = publication.open(index)
        upload.send(content)
        upload.finish(rows=index + 1)


def test_nothing_is_visible_before_it_is_published(publication: Publication, bucket: Bucket) -> None:
    with publication:
        write_two_files(publication)
        assert bucket.keys() == []

        publication.publish()
        assert (bucket.read(FIRST), bucket.read(SECOND)) == (b"a\n1\n", b"a\n2\n3\n")


def test_published_files_are_described(publication: Publication) -> None:
    with publication:
        write_two_files(publication)

        assert publication.publish() == [
            ExportedFile(FIRST, rows=1, bytes=4, sha256=hashlib.sha256(b"a\n1\n").hexdigest()),
            ExportedFile(SECOND, rows=2, bytes=6, sha256=hashlib.sha256(b"a\n2\n3\n").hexdigest()),
        ]


def test_a_dry_run_describes_the_same_files(publication: Publication) -> None:
    with publication, DryRun("any-bucket", KEYS) as dry_run:
        write_two_files(publication)
        write_two_files(dry_run)

        assert dry_run.publish() == publication.publish()


def test_what_is_not_published_leaves_no_trace(publication: Publication, bucket: Bucket) -> None:
    def stop_half_way() -> None:
        with publication:
            write_two_files(publication)
            raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        stop_half_way()

    assert bucket.keys() == []
    assert bucket.open_uploads() == []


def test_parts_are_joined_in_their_order(publication: Publication, bucket: Bucket) -> None:
    parts = [bytes([number]) * 5 * MIB for number in range(6)] + [b"end"]
    with publication:
        upload = publication.open(0)
        for part in parts:
            upload.send(part)
        upload.finish(rows=7)
        publication.publish()

    assert bucket.read(FIRST) == b"".join(parts)


def test_conclusion_writes_the_manifest_and_deletes_stale_chunks(publication: Publication, bucket: Bucket) -> None:
    for key in ("x/results_0002.csv", "x/results_0123.csv", "x/results_0002.csv.bak"):
        bucket.client.put_object(Bucket=bucket.name, Key=key, Body=b"old")
    with publication:
        write_two_files(publication)
        publication.publish()
        publication.conclude(b"{}")

    assert bucket.keys() == ["x/results.manifest.json", FIRST, SECOND, "x/results_0002.csv.bak"]
    assert bucket.read("x/results.manifest.json") == b"{}"


def test_a_failed_part_stops_the_parts_after_it(stack: Stack, bucket: Bucket) -> None:
    with s3_proxy(stack.s3_url) as proxy:
        proxy.faults.append(Fault("UploadPart", 403, part=1))
        with Publication(client_of(stack, proxy.url), bucket.name, KEYS) as publication:
            upload = publication.open(0)

            with pytest.raises(PermanentError, match=rf"s3://{bucket.name}/{FIRST}: .*AccessDenied"):
                send_parts(upload, 100)

            assert upload.bytes < 10 * MIB


def test_a_server_that_knows_no_checksums_is_served(stack: Stack, bucket: Bucket) -> None:
    client = client_of(stack, stack.s3_url)
    client.meta.events.register("provide-client-params.s3.CreateMultipartUpload", without_checksum)
    client.meta.events.register("after-call.s3.UploadPart", forget_checksum)
    with Publication(client, bucket.name, KEYS) as publication:
        write_two_files(publication)
        publication.publish()

    assert bucket.read(SECOND) == b"a\n2\n3\n"


def client_of(stack: Stack, url: str) -> S3Client:
    keys = stack.credentials
    return s3_client(url, keys.s3_access_key, keys.s3_secret_key, attempts=1)


def send_parts(upload: Upload, count: int) -> None:
    for _ in range(count):
        upload.send(b"x" * MIB)


def without_checksum(params: dict[str, Any], **_: object) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name != "ChecksumAlgorithm"}


def forget_checksum(parsed: dict[str, Any], **_: object) -> None:
    del parsed["ChecksumCRC32"]
