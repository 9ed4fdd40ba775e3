"""A byte that changes on its way to S3 never reaches a reader: every part carries a checksum that S3 compares."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterator

import pytest
from airflow.sdk.exceptions import AirflowException

from postgres_to_s3.checks.verification import verify_export
from tests.support.export_runner import MANIFEST, PART, ExportRunner
from tests.support.manifest_reader import read_export
from tests.support.old_and_new import MUCH, NEW_ROWS, assert_healed, export_new, export_old, fail
from tests.support.s3_proxy import Fault, S3Proxy


def checksums(content: bytes) -> Iterator[str]:
    """Those of a file's parts; a part ends with the row that fills it."""
    while content:
        end = content.find(b"\n", PART - 1) + 1 or len(content)
        yield base64.b64encode(zlib.crc32(content[:end]).to_bytes(4, "big")).decode()
        content = content[end:]


def test_every_part_carries_its_checksum(proxied: ExportRunner, proxy: S3Proxy) -> None:
    proxied.run(sql=MUCH, part_bytes=PART, max_rows_per_file=20000)

    sent = {(request.key, request.headers["x-amz-checksum-crc32"]) for request in proxy.seen("UploadPart")}
    keys = [file["key"] for file in proxied.manifest()["files"]]
    expected = [(f"/{proxied.bucket.name}/{key}", each) for key in keys for each in checksums(proxied.bucket.read(key))]
    assert sent == set(expected)
    assert len(proxy.seen("UploadPart")) == len(expected) == 8


@pytest.mark.parametrize("key", ["_0000.csv", "_0002.csv"])
def test_a_flipped_bit_is_refused_and_the_next_run_publishes_what_the_manifest_says(
    proxied: ExportRunner, proxy: S3Proxy, key: str
) -> None:
    before = export_old(proxied)
    flip = Fault("UploadPart", key=key, is_flipped=True, times=1)
    proxy.faults.append(flip)

    error = fail(proxied)

    assert flip.times == 0
    assert type(error) is AirflowException
    assert f"{key}: ClientError: An error occurred (BadDigest)" in str(error)
    assert proxied.objects() == before
    assert proxied.bucket.open_uploads() == []

    export_new(proxied)

    assert verify_export(proxied.bucket.client, proxied.bucket.name, MANIFEST) == []
    assert read_export(proxied.bucket).rows == NEW_ROWS


def test_bits_that_flip_for_ever_never_reach_a_reader(
    proxied_with: Callable[..., ExportRunner], proxied: ExportRunner, proxy: S3Proxy
) -> None:
    before = export_old(proxied)
    proxy.faults.append(Fault("UploadPart", is_flipped=True))

    error = fail(proxied_with())

    assert type(error) is AirflowException
    assert proxied.objects() == before
    assert proxied.bucket.open_uploads() == []
    assert_healed(proxied, proxy)


def test_a_manifest_with_a_flipped_bit_is_refused(proxied: ExportRunner, proxy: S3Proxy) -> None:
    export_old(proxied)
    old = proxied.manifest()
    proxy.faults.append(Fault("PutObject", is_flipped=True))

    error = fail(proxied)

    assert type(error) is AirflowException
    assert proxied.manifest() == old
    assert_healed(proxied, proxy)
