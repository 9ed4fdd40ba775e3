"""The parameters of a run: which values they may have, whoever asks for the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from billing_aggregator.errors import PermanentError


def check_params(params: Mapping[str, Any], systems: Sequence[str]) -> None:
    """Check a run's parameters against the systems that the script tree holds.

    Airflow checks them by the DAG's schema too, but not again when a run is cleared after the tree has changed.

    :raises PermanentError: lists every parameter that is wrong
    """
    problems = [
        f"'systems' names {name!r}, which the script tree does not hold: choose from {', '.join(systems)}"
        for name in params["systems"]
        if name not in systems
    ]
    if not params["systems"]:
        problems.append(f"'systems' is empty: choose from {', '.join(systems)}")
    rows = params["max_rows_per_file"]
    if not isinstance(rows, int) or rows < 1:
        problems.append(f"'max_rows_per_file' must be a whole number of at least 1, found {rows!r}")
    if params["business_date"] is not None and not _is_date(params["business_date"]):
        problems.append(f"'business_date' must be a date such as 2026-01-31, found {params['business_date']!r}")
    if problems:
        raise PermanentError("; ".join(problems))


def _is_date(text: Any) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except (TypeError, ValueError):
        return False
