"""The manifest's JSON: complete and readable."""

from __future__ import annotations

import hashlib
import json

from postgres_to_s3.columns import Column
from postgres_to_s3.manifest import ControlTotals, ExportedFile, Manifest, Run, query_hash

MANIFEST = Manifest(
    bucket="billing-exports",
    run=Run("billing_data_aggregator", "scheduled__2026-11-22", "bookkeeper.export", attempt=2),
    query_sha256=query_hash("select 1"),
    columns=(Column("Straße", "text"), Column("amount", "numeric(20,2)")),
    totals=ControlTotals(rows=3, sums={"amount": "12.30", "tax": None}),
    files=(
        ExportedFile("x_0000.csv", rows=2, bytes=20, sha256="ab"),
        ExportedFile("x_0001.csv", rows=1, bytes=15, sha256="cd", version_id="v7"),
    ),
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
