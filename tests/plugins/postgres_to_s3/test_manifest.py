"""The manifest's JSON: complete and readable, and what is no manifest is refused with the reason."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from postgres_to_s3.columns import Column
from postgres_to_s3.manifest import MANIFEST_FORMAT, ExportedFile, Manifest, Run, query_hash, read_manifest

MANIFEST = Manifest(
    format=MANIFEST_FORMAT,
    bucket="billing-exports",
    run=Run("billing_data_aggregator", "scheduled__2026-11-22", "bookkeeper.export", 2, "2026-11-22T02:00:00+00:00"),
    query_sha256=query_hash("select 1"),
    columns=(Column("Straße", "text"), Column("amount", "numeric(20,2)")),
    rows=3,
    bytes=35,
    sums={"amount": "12.30", "tax": None},
    amounts={"debit": "12.30"},
    files=(
        ExportedFile("x_0000.csv", rows=2, bytes=20, sha256="ab"),
        ExportedFile("x_0001.csv", rows=1, bytes=15, sha256="cd", version_id="v7"),
    ),
    notes={"business_date": "2026-11-22"},
    provenance={"results": [{"system": "tripica", "scripts": {"init/tripica/010_x.sql": "ef"}}]},
)


def test_manifest_tells_everything_about_the_export() -> None:
    assert json.loads(MANIFEST.to_json()) == {
        "format": 1,
        "bucket": "billing-exports",
        "run": {
            "dag_id": "billing_data_aggregator",
            "run_id": "scheduled__2026-11-22",
            "task_id": "bookkeeper.export",
            "attempt": 2,
            "logical_date": "2026-11-22T02:00:00+00:00",
        },
        "query_sha256": hashlib.sha256(b"select 1").hexdigest(),
        "csv": {
            "delimiter": ",",
            "quote": '"',
            "null": "",
            "encoding": "utf8",
            "decimal_comma": False,
            "header": True,
            "line_end": "\n",
            "bom": False,
            "quote_text": False,
        },
        "compression": "none",
        "columns": [{"name": "Straße", "type": "text"}, {"name": "amount", "type": "numeric(20,2)"}],
        "rows": 3,
        "bytes": 35,
        "sums": {"amount": "12.30", "tax": None},
        "amounts": {"debit": "12.30"},
        "notes": {"business_date": "2026-11-22"},
        "provenance": {"results": [{"system": "tripica", "scripts": {"init/tripica/010_x.sql": "ef"}}]},
        "files": [
            {"key": "x_0000.csv", "rows": 2, "bytes": 20, "sha256": "ab", "version_id": None},
            {"key": "x_0001.csv", "rows": 1, "bytes": 15, "sha256": "cd", "version_id": "v7"},
        ],
    }


def test_manifest_is_utf_8_for_people_to_read() -> None:
    text = MANIFEST.to_json().decode()

    assert "Straße" in text
    assert text.endswith("\n}\n")


def test_query_hash_differs_with_the_query() -> None:
    assert query_hash("select 'ä'") != query_hash("select 'a'")


def changed(**fields: Any) -> bytes:
    """The manifest with other fields."""
    return json.dumps(json.loads(MANIFEST.to_json()) | fields).encode()


def test_what_was_written_is_read() -> None:
    assert read_manifest(MANIFEST.to_json()) == MANIFEST


def test_a_manifest_of_release_1_0_0_is_read() -> None:
    older = json.loads(MANIFEST.to_json())
    del older["amounts"], older["notes"], older["run"]["logical_date"]

    found = read_manifest(json.dumps(older).encode())

    assert (found.amounts, found.notes, found.run.logical_date) == ({}, {}, None)


def test_fields_that_a_later_version_may_add_are_passed_over() -> None:
    assert read_manifest(changed(written_by="a later version")).rows == 3


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "no JSON: ", id="empty"),
        pytest.param(b"yesterday", "no JSON: ", id="text"),
        pytest.param(b"\xff\xfe", "no JSON: ", id="bytes"),
        pytest.param(b"[" * 100_000, "no JSON: .*recursion", id="nested-too-deep"),
        pytest.param(b"[]", "none of format 1: all: ", id="list"),
        pytest.param(b"{}", "none of format 1: format: Field required; ", id="empty-object"),
        pytest.param(changed(format=2), "none of format 1: format: Input should be 1", id="another-format"),
        pytest.param(changed(columns="amount"), "none of format 1: columns: ", id="columns-are-a-text"),
        pytest.param(
            changed(columns=[{"name": ["a"], "type": "text"}]),
            "none of format 1: columns.0.name: Input should be a valid string",
            id="name-is-a-list",
        ),
        pytest.param(changed(files=[{"key": "x.csv"}]), "none of format 1: files.0.rows: Field required", id="no-rows"),
        pytest.param(
            changed(rows="3"), "none of format 1: rows: Input should be a valid integer", id="rows-are-a-text"
        ),
        pytest.param(changed(sums={"amount": "much"}), "one that nobody can read: sums.amount is no number", id="sum"),
        pytest.param(changed(csv={"encoding": "klingon"}), "one .*: csv.encoding is 'klingon'", id="encoding"),
        pytest.param(changed(csv={"quote": "''"}), "one .*: csv.delimiter or csv.quote is not one", id="quote"),
        pytest.param(changed(compression="zip"), "one .*: compression is 'zip'", id="compression"),
    ],
)
def test_what_is_no_manifest_is_refused_with_the_reason(content: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^expected a manifest, found {reason}"):
        read_manifest(content)
