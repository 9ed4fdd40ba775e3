"""The report's sentences: grammar, exact amounts, and a dry run that cannot be taken for a real one."""

from __future__ import annotations

from typing import Any

import pytest

from billing_aggregator.outcome.report_lines import export_line, run_line, system_line

SUMMARY: dict[str, Any] = {
    "dry_run": False,
    "bucket": "exports",
    "rows": 1,
    "files": 2,
    "bytes": 5678,
    "seconds": 1.25,
    "amounts": {},
    "manifest": "alpha.manifest.json",
}


def test_one_is_singular() -> None:
    assert export_line("alpha.export", SUMMARY).startswith("Export alpha.export: 1 row in 2 files, 5,678 bytes")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0.00", "0.00"),
        ("-0.50", "-0.50"),
        ("12345678901234567890123456789012.005", "12,345,678,901,234,567,890,123,456,789,012.005"),
        ("NaN", "NaN"),
        (None, "unknown"),
    ],
)
def test_no_cent_is_lost_in_an_amount(text: str | None, shown: str) -> None:
    assert f", debit {shown}; s3://" in export_line("alpha.export", SUMMARY | {"amounts": {"debit": text}})


def test_a_run_that_never_started_has_no_duration() -> None:
    assert run_line("manual__1", "2026-11-22", None, dry_run=False) == "Run manual__1 for business date 2026-11-22"


def test_a_dry_run_is_called_one_in_every_line() -> None:
    lines = [
        run_line("manual__1", "2026-11-22", 9.6, dry_run=True),
        system_line("alpha", "success", dry_run=True),
        export_line("alpha.export", SUMMARY | {"dry_run": True}),
    ]

    assert all(line.startswith("Dry run") for line in lines)
    assert lines[0].endswith("took 10 s; nothing was changed in the warehouse or in S3")
