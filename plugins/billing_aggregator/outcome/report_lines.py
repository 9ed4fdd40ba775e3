"""The report's sentences for people: the run, its systems and its exports; a dry run reads as one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def run_line(run_id: str, business_date: str, seconds: float | None, *, dry_run: bool) -> str:
    """Which run it was, and how long it took."""
    took = "" if seconds is None else f" took {seconds:,.0f} s"
    what = "Dry run" if dry_run else "Run"
    undone = "; nothing was changed in the warehouse or in S3" if dry_run else ""
    return f"{what} {run_id} for business date {business_date}{took}{undone}"


def system_line(system: str, state: str, *, dry_run: bool) -> str:
    """How a system ended."""
    return f"{'Dry run of system' if dry_run else 'System'} {system}: {state}"


def export_line(task_id: str, summary: Mapping[str, Any]) -> str:
    """The figures of an export."""
    what = "Dry run of" if summary["dry_run"] else "Export"
    where = f"s3://{summary['bucket']}/{summary['manifest']}"
    target = f"nothing was written to {where}" if summary["dry_run"] else where
    figures = [
        f"{summary['rows']:,} row{_plural(summary['rows'])} in {summary['files']} file{_plural(summary['files'])}",
        f"{summary['bytes']:,} bytes in {summary['seconds']:.1f} s",
        *(f"{name} {_amount(text)}" for name, text in summary["amounts"].items()),
    ]
    return f"{what} {task_id}: {', '.join(figures)}; {target}"


def _plural(number: int) -> str:
    return "" if number == 1 else "s"


def _amount(text: str | None) -> str:
    return "unknown" if text is None else f"{Decimal(text):,f}"
