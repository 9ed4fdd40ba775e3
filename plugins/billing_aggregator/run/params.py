"""The parameters of a run: what the trigger form offers, and the check of what a run was given."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from airflow.sdk import Param
from airflow.sdk.definitions.param import ParamsDict

from billing_aggregator.scripts.selection import find_alternatives
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.options.export_options import FEWEST_ROWS, MAX_FILES, MOST_ROWS

NAMES = ("systems", "dry_run", "max_rows_per_file", "business_date", "allow_past_date")
SWITCHES = ("dry_run", "allow_past_date")
# A cleared run keeps the parameters that it was triggered with.
REMEDY = "trigger a new run with what is named here corrected; a cleared run keeps its parameters"


@dataclass(frozen=True)
class SystemChoice:
    """What a run may select.

    :param names: the systems that the script tree holds
    :param alternatives: pairs of them that write the same tables, of which a run may select one
    """

    names: tuple[str, ...]
    alternatives: tuple[tuple[str, str], ...] = ()


def run_params(choice: SystemChoice, systems: Sequence[str], *, dry_run: bool, max_rows_per_file: int) -> ParamsDict:
    """The parameters as Airflow's trigger form shows them.

    :param systems: the systems that a run selects when it says nothing else
    :param dry_run, max_rows_per_file: the defaults of these parameters
    """
    return ParamsDict(
        {
            "systems": _systems(choice, systems),
            "dry_run": _switch(
                dry_run,
                "Dry run",
                "Build, check and measure everything in one transaction that is rolled back; nothing changes.",
            ),
            "max_rows_per_file": _rows_per_file(max_rows_per_file),
            "business_date": Param(
                None,
                type=["null", "string"],
                format="date",
                title="Business date",
                description="The day the archive and the history are filed under; empty: the run's own date (UTC).",
            ),
            "allow_past_date": _switch(
                False,
                "The business date may be in the past",
                "Today's sources are filed under an earlier day: results and files of that day are replaced.",
            ),
        }
    )


def _systems(choice: SystemChoice, selected: Sequence[str]) -> Param:
    return Param(
        list(selected),
        type="array",
        minItems=1,
        uniqueItems=True,
        items={"type": "string", "enum": list(choice.names)},
        examples=list(choice.names),
        title="Systems",
        description="The systems to run; the others are skipped.",
    )


def _rows_per_file(default: int) -> Param:
    return Param(
        default,
        type="integer",
        # Airflow's form turns a number beyond `minimum` and `maximum` into them without a word; these it refuses.
        exclusiveMinimum=FEWEST_ROWS - 1,
        exclusiveMaximum=MOST_ROWS + 1,
        title="Rows per file",
        description=f"Data rows in each CSV file but the last, from {FEWEST_ROWS} to {MOST_ROWS:,}."
        f" An export has {MAX_FILES:,} files at most.",
    )


def _switch(default: bool, title: str, description: str) -> Param:
    return Param(default, type="boolean", title=title, description=description)


def check_params(params: Mapping[str, Any], choice: SystemChoice) -> None:
    """Check a run's parameters.

    Airflow checks their values by the DAG's schema too, but neither their names nor, when a run is cleared after the
    tree has changed, the values again.

    :raises PermanentError: lists every parameter that is wrong
    """
    problems = [*_unknown_parameters(params), *_system_problems(params["systems"], choice)]
    rows = params["max_rows_per_file"]
    # To Python, true is a number.
    if not isinstance(rows, int) or isinstance(rows, bool) or not FEWEST_ROWS <= rows <= MOST_ROWS:
        expected = f"a whole number from {FEWEST_ROWS} to {MOST_ROWS}"
        problems.append(f"'max_rows_per_file' must be {expected}, found {rows!r}")
    for name in SWITCHES:
        if not isinstance(params.get(name, False), bool):
            problems.append(f"{name!r} must be true or false, found {params[name]!r}")
    if params["business_date"] is not None and not _is_date(params["business_date"]):
        problems.append(f"'business_date' must be a date such as 2026-01-31, found {params['business_date']!r}")
    if problems:
        raise PermanentError("; ".join(problems))


def check_business_date(business_date: date, today: date, *, is_chosen: bool, allow_past: bool) -> None:
    """Check the day that a run files its results under; the sources are always those of now.

    :param is_chosen: a person has named the day; a run's own may end at midnight while it waits or runs
    :param allow_past: a person has said that an earlier day is meant
    :raises PermanentError: the day is in the future, or in the past without a word
    """
    earliest = today if is_chosen else today - timedelta(days=1)
    if business_date > today:
        raise PermanentError(f"the business date {business_date} is in the future: today is {today} (UTC)")
    if business_date < earliest and not allow_past:
        raise PermanentError(
            f"the business date {business_date} is in the past, today is {today} (UTC): the sources are as of now, and"
            " archive and history of that day would be replaced by them. If you mean that, trigger a run with"
            " 'allow_past_date': true; a backfill in the UI sends it only with 'Override parameters on existing runs'"
        )


def _unknown_parameters(params: Mapping[str, Any]) -> Iterator[str]:
    """A misspelt name would start a run that does something else than was asked for."""
    for name in params:
        if name not in NAMES:
            nearest = difflib.get_close_matches(name, NAMES, n=1, cutoff=0.5)
            hint = f"did you mean {nearest[0]!r}?" if nearest else f"there are {', '.join(NAMES)}"
            yield f"unknown {name!r}: {hint}"


def _system_problems(systems: Any, choice: SystemChoice) -> Iterator[str]:
    if not isinstance(systems, list | tuple):
        yield f"'systems' must be a list of names, found {systems!r}"
        return
    if not systems:
        yield f"'systems' is empty: choose from {', '.join(choice.names)}"
    for problem in find_alternatives(systems, choice.alternatives):
        yield f"'systems' {problem}"
    for name in systems:
        if name not in choice.names:
            known = ", ".join(choice.names)
            yield f"'systems' names {name!r}, which the script tree does not hold: choose from {known}"


def _is_date(text: Any) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == str(text)
    except (TypeError, ValueError):
        return False
