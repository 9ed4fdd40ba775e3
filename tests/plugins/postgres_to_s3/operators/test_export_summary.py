"""The summary of an export has its figures and names its first files, however many there are."""

from __future__ import annotations

import hashlib

import pytest

from postgres_to_s3.columns import Column
from postgres_to_s3.manifest import MANIFEST_FORMAT, ExportedFile, Manifest, Run
from postgres_to_s3.operators.export_summary import SHOWN_KEYS, export_summary
from postgres_to_s3.options.keys import ExportKeys

KEYS = ExportKeys("x/results_{chunk:04d}.csv")
MANIFEST = Manifest(
    format=MANIFEST_FORMAT,
    bucket="lake",
    run=Run("nightly_orders", "scheduled__2026-11-22", "export", attempt=2),
    query_sha256="ab",
    columns=(Column("amount", "numeric(20,2)"),),
    rows=2000,
    bytes=100_000,
    sums={"amount": "12.30"},
    amounts={"debit": "12.30"},
    files=tuple(ExportedFile(KEYS.chunk(chunk), 100, 5000, "cd") for chunk in range(20)),
)


def test_the_summary_has_every_figure_and_the_first_keys() -> None:
    summary = export_summary(MANIFEST, KEYS, dry_run=False, seconds=1.23456, url="s3://lake/x/", previous_rows=1900)

    assert summary == {
        "dry_run": False,
        "attempt": 2,
        "bucket": "lake",
        "rows": 2000,
        "previous_rows": 1900,
        "files": 20,
        "bytes": 100_000,
        "seconds": 1.235,
        "sums": {"amount": "12.30"},
        "amounts": {"debit": "12.30"},
        "notes": {},
        "keys": [f"x/results_{chunk:04d}.csv" for chunk in range(SHOWN_KEYS)],
        "manifest": "x/results.manifest.json",
        "manifest_sha256": hashlib.sha256(MANIFEST.to_json()).hexdigest(),
        "url": "s3://lake/x/",
    }


def test_the_log_has_the_same_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO"):
        export_summary(MANIFEST, KEYS, dry_run=False, seconds=2.0, url=None)

    assert caplog.messages == [
        "Exported 2000 rows in 20 files, 0.1 MB in 2.0 s (1000 rows/s);"
        " manifest s3://lake/x/results.manifest.json; objects none"
    ]
