"""Compressed exports: the same rows, the same bytes each time, and no file of the other ending is left behind."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
from isal import isal_zlib

from postgres_to_s3.files import gzip_file
from postgres_to_s3.files.gzip_file import GzipFile
from tests.support.bucket import Bucket
from tests.support.export_runner import MANIFEST, MIB, PART, PREFIX, ExportRunner
from tests.support.memory_files import MemoryFile

ROWS = "select i, md5(i::text) as a, md5((-i)::text) as b from generate_series(1, {}) as i"
THREE = {"sql": ROWS.format(3), "max_rows_per_file": 2}
PLAIN_KEYS = [f"{PREFIX}_0000.csv", f"{PREFIX}_0001.csv"]
GZIP_KEYS = [f"{key}.gz" for key in PLAIN_KEYS]


def data_keys(bucket: Bucket) -> list[str]:
    return [key for key in bucket.keys() if key != MANIFEST]


def parts_of(bucket: Bucket, key: str) -> int:
    """How many parts an object was uploaded in."""
    etag = bucket.client.head_object(Bucket=bucket.name, Key=key)["ETag"]
    return int(etag.strip('"').rpartition("-")[2])


def test_compressed_files_hold_the_rows_of_the_plain_ones(exports: ExportRunner) -> None:
    exports.run(**THREE)
    plain = [exports.bucket.read(key) for key in PLAIN_KEYS]

    summary = exports.run(**THREE, compression="gzip")

    assert [gzip.decompress(exports.bucket.read(key)) for key in GZIP_KEYS] == plain
    assert summary["keys"] == GZIP_KEYS
    assert summary["bytes"] == sum(len(exports.bucket.read(key)) for key in GZIP_KEYS)
    assert exports.manifest()["compression"] == "gzip"


def test_a_repeated_export_has_the_same_bytes(exports: ExportRunner) -> None:
    exports.run(**THREE, compression="gzip")
    first = exports.objects()

    exports.run(**THREE, compression="gzip")

    assert exports.objects() == first


@pytest.mark.parametrize("library", [zlib, isal_zlib], ids=["zlib", "isal"])
def test_the_header_of_a_file_holds_neither_name_nor_time(
    exports: ExportRunner, monkeypatch: pytest.MonkeyPatch, library: ModuleType
) -> None:
    monkeypatch.setattr(gzip_file, "deflate", library)

    exports.run(**THREE, compression="gzip")

    magic, flags, time = (lambda head: (head[:3], head[3], head[4:8]))(exports.bucket.read(GZIP_KEYS[0]))
    assert (magic, flags, time) == (b"\x1f\x8b\x08", 0, bytes(4))
    assert gzip.decompress(exports.bucket.read(GZIP_KEYS[0])).startswith(b"i,a,b\n1,")


def test_a_compressed_file_is_served_as_gzip(exports: ExportRunner) -> None:
    exports.run(**THREE, compression="gzip")

    head = exports.bucket.client.head_object(Bucket=exports.bucket.name, Key=GZIP_KEYS[0])
    assert head["ContentType"] == "application/gzip"
    assert not head.get("ContentEncoding")


@pytest.mark.parametrize(
    ("before", "after", "keys"), [("none", "gzip", GZIP_KEYS), ("gzip", "none", PLAIN_KEYS)], ids=["on", "off"]
)
def test_switching_compression_removes_the_files_of_the_other_ending(
    exports: ExportRunner, before: str, after: str, keys: list[str]
) -> None:
    exports.run(**THREE | {"sql": ROWS.format(7)}, compression=before)

    exports.run(**THREE, compression=after)

    assert data_keys(exports.bucket) == keys


def test_a_failed_export_keeps_the_files_of_the_other_ending(exports: ExportRunner) -> None:
    exports.run(**THREE)
    kept = exports.objects()

    with pytest.raises(Exception, match="division by zero"):
        exports.run(sql="select 1 / (2 - i) from generate_series(1, 2) as i", compression="gzip")

    assert exports.objects() == kept


def test_uploads_that_a_plain_attempt_left_open_are_aborted(exports: ExportRunner) -> None:
    exports.bucket.client.create_multipart_upload(Bucket=exports.bucket.name, Key=PLAIN_KEYS[0])

    exports.run(**THREE, compression="gzip")

    assert exports.bucket.open_uploads() == []


def test_an_empty_result_is_a_compressed_header(exports: ExportRunner) -> None:
    exports.run(sql="select 1 as a where false", compression="gzip")

    assert gzip.decompress(exports.bucket.read(GZIP_KEYS[0])) == b"a\n"


@pytest.mark.parametrize("key", ["{chunk}.csv", "{chunk}.csv.gz"])
def test_the_ending_is_added_where_the_key_does_not_have_it(exports: ExportRunner, key: str) -> None:
    exports.run(**THREE, s3_key=f"x/{key}", compression="gzip")

    assert exports.bucket.keys("x/") == ["x/.manifest.json", "x/0.csv.gz", "x/1.csv.gz"]


def test_files_are_compressed_first_and_cut_into_parts_then(exports: ExportRunner) -> None:
    # About 15 MB as text, 9 MB compressed.
    exports.run(sql=ROWS.format(200_000), compression="gzip", part_bytes=PART)

    key = GZIP_KEYS[0]
    assert parts_of(exports.bucket, key) == 2
    lines = gzip.decompress(exports.bucket.read(key)).count(b"\n")
    assert lines == 200_001


def test_an_error_of_the_file_reaches_whoever_sends() -> None:
    class Broken(MemoryFile):
        def send(self, part: Any) -> None:
            raise ConnectionResetError("S3 hung up")

    with ThreadPoolExecutor(1) as threads:
        file = GzipFile(Broken(), 1, threads)
        file.send(hashlib.shake_256().digest(MIB))
        with pytest.raises(ConnectionResetError, match="S3 hung up"):
            file.send(b"x")
