"""The parameters of a run: which values they may have, whoever asks for the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from postgres_to_s3.errors import PermanentError


@dataclass(frozen=True)
class SystemChoice:
    """What a run may select.

    :param names: the systems that the script tree holds
    :param alternatives: pairs of them that write the same tables, of which a run may select one
    """

    names: tuple[str, ...]
    alternatives: tuple[tuple[str, str], ...] = ()


def check_params(params: Mapping[str, Any], choice: SystemChoice) -> None:
    """Check a run's parameters.

    Airflow checks them by the DAG's schema too, but not again when a run is cleared after the tree has changed.

    :raises PermanentError: lists every parameter that is wrong
    """
    problems = [*_unknown(params["systems"], choice), *_doubled(params["systems"], choice)]
    if not params["systems"]:
        problems.append(f"'systems' is empty: choose from {', '.join(choice.names)}")
    rows = params["max_rows_per_file"]
    if not isinstance(rows, int) or rows < 1:
        problems.append(f"'max_rows_per_file' must be a whole number of at least 1, found {rows!r}")
    if params["business_date"] is not None and not _is_date(params["business_date"]):
        problems.append(f"'business_date' must be a date such as 2026-01-31, found {params['business_date']!r}")
    if problems:
        raise PermanentError("; ".join(problems))


def _unknown(systems: Sequence[str], choice: SystemChoice) -> Iterator[str]:
    for name in systems:
        if name not in choice.names:
            known = ", ".join(choice.names)
            yield f"'systems' names {name!r}, which the script tree does not hold: choose from {known}"


def _doubled(systems: Sequence[str], choice: SystemChoice) -> Iterator[str]:
    for name, other in choice.alternatives:
        if name in systems and other in systems:
            yield f"'systems' names {name!r} and {other!r}, which write the same tables: choose one"


def _is_date(text: Any) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except (TypeError, ValueError):
        return False
