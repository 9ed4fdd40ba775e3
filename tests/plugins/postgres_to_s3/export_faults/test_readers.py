"""Whoever reads while exports run or after one has failed finds one whole version, or notices that it is none."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from airflow.sdk.exceptions import AirflowException

from postgres_to_s3.checks.verification import verify_export
from postgres_to_s3.postgres import table
from tests.support.bucket import Bucket
from tests.support.export_runner import MANIFEST, ExportRunner, export_runner, wait_until
from tests.support.manifest_reader import read_export
from tests.support.old_and_new import NEW_ROWS, OLD_ROWS, assert_healed, export_new, export_old, fail
from tests.support.s3_proxy import Fault, S3Proxy
from tests.support.warehouse import Warehouse

COMPLETE = "CompleteMultipartUpload"
TABLE = """
create table report_oibl.orders (version int, row int);
alter table report_oibl.orders owner to billing_aggregator
"""
# The versions differ in their number of files, too.
FILL = "truncate report_oibl.orders; insert into report_oibl.orders select {0}, row from generate_series(1, {1}) as row"
VERSIONS = range(1, 7)


def rows_of(version: int) -> int:
    return 300 if version % 2 else 450


def export_version(exports: ExportRunner, warehouse: Warehouse, version: int) -> None:
    """Publish a version of the table in chunks of 100 rows, every other one over several connections."""
    warehouse.execute(FILL.format(version, rows_of(version)))
    exports.run(max_rows_per_file=100, connections=1 + version // 2 % 2)


def look(bucket: Bucket) -> int:
    """The version that a reader finds; fails when a row is missing, doubled or of another version."""
    rows = read_export(bucket).rows
    version = int(rows[0][0])
    assert rows == [(str(version), str(row)) for row in range(1, rows_of(version) + 1)]
    return version


def test_a_reader_who_looks_again_and_again_finds_one_whole_version_each_time(
    proxied: ExportRunner, export_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MIN_ROWS", 1)
    export_warehouse.execute(TABLE)
    export_version(proxied, export_warehouse, 0)
    has_ended = threading.Event()
    looks: list[int] = []

    def read() -> None:
        while not has_ended.is_set():
            looks.append(look(proxied.bucket))

    with ThreadPoolExecutor(1) as thread:
        reader = thread.submit(read)
        try:
            for version in VERSIONS:
                export_version(proxied, export_warehouse, version)
                wait_until(lambda version=version: looks[-1:] == [version] or reader.done())
        finally:
            has_ended.set()
        reader.result()

    assert looks == sorted(looks)
    assert set(looks) == {0, *VERSIONS}


def test_a_reader_finds_one_whole_version_before_every_request_of_an_export(
    proxied: ExportRunner, proxy: S3Proxy, export_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table, "MIN_ROWS", 1)
    export_warehouse.execute(TABLE)
    export_version(proxied, export_warehouse, 2)
    looks: list[tuple[str, int]] = []

    def read(operation: str) -> None:
        looks.append((operation, look(proxied.bucket)))

    proxy.before = read
    export_version(proxied, export_warehouse, 3)

    assert [version for operation, version in looks if operation == COMPLETE] == [2, 2, 2]
    assert [version for operation, version in looks if operation in ("ListObjectsV2", "DeleteObject")] == [3, 3, 3]
    assert look(proxied.bucket) == 3


@pytest.fixture
def unversioned(
    monkeypatch: pytest.MonkeyPatch, export_warehouse: Warehouse, bucket: Bucket, proxy: S3Proxy, kept_client: None
) -> ExportRunner:
    """Exports through the proxy to a bucket without versioning."""
    environment = export_warehouse.environment | bucket.environment | {"BDA_S3_URL": proxy.url}
    return export_runner(monkeypatch, bucket, environment, s3_attempts=1)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Fault(COMPLETE, 500, key="_0000.csv"), id="first-file"),
        pytest.param(Fault("PutObject", 503), id="manifest"),
    ],
)
def test_without_versioning_a_reader_notices_files_that_the_manifest_does_not_describe(
    unversioned: ExportRunner, proxy: S3Proxy, fault: Fault
) -> None:
    export_old(unversioned)
    assert read_export(unversioned.bucket).rows == OLD_ROWS
    proxy.faults.append(fault)

    fail(unversioned)

    with pytest.raises(AssertionError, match=r"shop_orders_000\d.csv"):
        read_export(unversioned.bucket)
    problems = verify_export(unversioned.bucket.client, unversioned.bucket.name, MANIFEST)
    assert [problem for problem in problems if "expected sha256" in problem]
    assert_healed(unversioned, proxy)


def test_without_versioning_a_failure_before_the_first_file_leaves_the_old_export(
    unversioned: ExportRunner, proxy: S3Proxy
) -> None:
    export_old(unversioned)
    proxy.faults.append(Fault("UploadPart", 503))

    with pytest.raises(AirflowException):
        export_new(unversioned)

    assert read_export(unversioned.bucket).rows == OLD_ROWS
    assert_healed(unversioned, proxy)
    assert read_export(unversioned.bucket).rows == NEW_ROWS
