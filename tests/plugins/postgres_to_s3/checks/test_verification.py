"""verify_export: a published export is whole, and whatever was done to it since is named."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from postgres_to_s3.checks.verification import verify_export
from tests.support.export_runner import MANIFEST, PREFIX, ExportRunner

ROWS = "select i, e'line\\nbreak \"' || i as text from generate_series(1, 5) as i"
FIRST = f"{PREFIX}_0000.csv"


def problems_of(exports: ExportRunner) -> list[str]:
    return verify_export(exports.bucket.client, exports.bucket.name, MANIFEST)


def replace_object(exports: ExportRunner, key: str, content: bytes) -> None:
    exports.bucket.client.put_object(Bucket=exports.bucket.name, Key=key, Body=content)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, id="default"),
        pytest.param({"compression": "gzip"}, id="gzip"),
        pytest.param({"dialect": "excel-de", "encoding": "win1252", "header": False}, id="dialect"),
        pytest.param({"sql": "select 1 as a where false", "if_empty": "skip"}, id="no-file"),
        pytest.param({"sql": "select 1 as a where false", "header": False}, id="empty-file"),
    ],
)
def test_an_export_is_whole(exports: ExportRunner, arguments: dict[str, Any]) -> None:
    exports.run(**({"sql": ROWS, "max_rows_per_file": 2} | arguments))

    assert problems_of(exports) == []


def test_rows_are_counted_across_the_bounds_of_what_is_read_at_once(exports: ExportRunner) -> None:
    # Line breaks and quotes fall on these bounds somewhere in 3 MB.
    exports.run(sql="select repeat(e'\"\\n', 50 + i % 7) as text from generate_series(1, 20000) as i")

    assert problems_of(exports) == []


def test_changed_missing_and_shortened_files_are_named_at_once(exports: ExportRunner) -> None:
    exports.run(sql=ROWS, max_rows_per_file=2)
    whole = exports.bucket.read(FIRST)
    replace_object(exports, FIRST, whole.replace(b"1", b"2"))
    replace_object(exports, f"{PREFIX}_0001.csv", exports.bucket.read(f"{PREFIX}_0001.csv")[:-20])
    exports.bucket.client.delete_object(Bucket=exports.bucket.name, Key=f"{PREFIX}_0002.csv")

    found = [problem.partition(", found")[0].rsplit(" ", 1)[0] for problem in problems_of(exports)]

    assert found == [
        f"'{FIRST}': expected sha256",
        f"'{PREFIX}_0001.csv': expected a file that ends where a row",
        f"'{PREFIX}_0001.csv': expected bytes",
        f"'{PREFIX}_0001.csv': expected sha256",
        f"'{PREFIX}_0001.csv': expected rows",
        f"'{PREFIX}_0002.csv': expected 26",
    ]


@pytest.mark.parametrize("cut", [0, -4])
def test_damaged_gzip_is_a_problem(exports: ExportRunner, cut: int) -> None:
    exports.run(sql=ROWS, compression="gzip")
    content = exports.bucket.read(f"{FIRST}.gz")[:cut] or b"no gzip at all"
    replace_object(exports, f"{FIRST}.gz", content)

    damage, *others = problems_of(exports)

    assert damage.startswith(f"'{FIRST}.gz': expected gzip, found damaged data")
    assert f"'{FIRST}.gz': expected sha256 {exports.manifest()['files'][0]['sha256']}" in "".join(others)


@pytest.mark.parametrize("content", [b'text\n"x\n', b"text\n1,2\n", b"txt\nx\n", b"text\nx"])
def test_a_file_that_is_no_csv_of_the_columns_is_a_problem(exports: ExportRunner, content: bytes) -> None:
    exports.run(sql="select 'ü' as text")
    replace_object(exports, FIRST, content)

    damage, *others = problems_of(exports)

    assert damage.startswith(f"'{FIRST}': expected ")
    assert damage.endswith((", found other bytes", ", found a truncated one"))
    assert f"'{FIRST}': expected sha256 " in "".join(others)


def test_a_wrong_amount_is_found_where_all_checksums_fit(exports: ExportRunner) -> None:
    exports.run(sql="select 7.25::numeric(20,2) as amount, 'Müller, Anna' as customer")
    forged = exports.bucket.read(FIRST).replace(b"7.25", b"7.26")
    replace_object(exports, FIRST, forged)
    manifest = exports.manifest()
    manifest["files"][0]["sha256"] = hashlib.sha256(forged).hexdigest()
    replace_object(exports, MANIFEST, json.dumps(manifest).encode())

    assert problems_of(exports) == [
        f"'{MANIFEST}': expected 7.25 as the sum of column 'amount', found 7.26 in all files"
    ]


def test_a_manifest_that_does_not_add_up_is_a_problem(exports: ExportRunner) -> None:
    exports.run(sql=ROWS)
    manifest = exports.manifest() | {"rows": 6}
    replace_object(exports, MANIFEST, json.dumps(manifest).encode())

    assert problems_of(exports) == [f"'{MANIFEST}': expected 6 rows in all files, found 5"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [(None, "expected a manifest, found no object"), (b"yesterday", "expected a manifest, found no JSON")],
)
def test_no_manifest_is_a_problem(exports: ExportRunner, content: bytes | None, problem: str) -> None:
    if content:
        replace_object(exports, MANIFEST, content)

    assert [found.startswith(f"'{MANIFEST}': {problem}") for found in problems_of(exports)] == [True]


def test_the_versions_of_the_manifest_are_read(exports: ExportRunner) -> None:
    exports.bucket.client.put_bucket_versioning(
        Bucket=exports.bucket.name, VersioningConfiguration={"Status": "Enabled"}
    )
    exports.run(sql=ROWS)
    # The next export has completed its file, but not yet written its manifest.
    replace_object(exports, FIRST, b"tomorrow")

    assert problems_of(exports) == []
    remove_versions(exports)


def remove_versions(exports: ExportRunner) -> None:
    client, name = exports.bucket.client, exports.bucket.name
    listing = client.list_object_versions(Bucket=name)
    for version in [*listing.get("Versions", []), *listing.get("DeleteMarkers", [])]:
        client.delete_object(Bucket=name, Key=version["Key"], VersionId=version["VersionId"])
