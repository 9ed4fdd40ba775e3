"""What a health check found: a state, a sentence and a remedy for each thing it looked at, and the table of them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum


class State(StrEnum):
    """How something is: a warning does not stop a run, a failure does."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class Finding:
    """One row of the table.

    :param check: what was looked at
    :param found: what there is, without secrets
    :param remedy: what to do; empty where nothing needs to be done
    """

    check: str
    state: State
    found: str
    remedy: str = ""


def ok(check: str, found: str) -> Finding:
    """Something that is as it should be."""
    return Finding(check, State.OK, found)


def warning(check: str, found: str, remedy: str) -> Finding:
    """Something that does not stop a run, but should be put right."""
    return Finding(check, State.WARNING, found, remedy)


def failed(check: str, found: str, remedy: str) -> Finding:
    """Something that stops a run."""
    return Finding(check, State.FAILED, found, remedy)


def has_failed(findings: Collection[Finding]) -> bool:
    """Whether something of it stops a run."""
    return any(finding.state is State.FAILED for finding in findings)


def as_table(findings: Sequence[Finding]) -> str:
    """The findings for a person, one row each, its remedy below it."""
    width = max((len(finding.check) for finding in findings), default=0)
    lines = []
    for finding in findings:
        lines.append(f"{finding.state:<8} {finding.check:<{width}}  {_one_line(finding.found)}")
        if finding.remedy:
            lines.append(f"{'':<8} {'':<{width}}  -> {_one_line(finding.remedy)}")
    counts = [f"{sum(finding.state is state for finding in findings)} {state}" for state in State]
    return "\n".join([*lines, "", ", ".join(counts)])


def as_json(findings: Mapping[str, Sequence[Finding]]) -> str:
    """The findings of each client for a program: one JSON object."""
    rows = [{"client_id": client, **asdict(finding)} for client, found in findings.items() for finding in found]
    state = next((state for state in reversed(State) if any(row["state"] is state for row in rows)), State.OK)
    return json.dumps({"state": state, "checks": rows}, ensure_ascii=False)


def _one_line(text: str) -> str:
    return " ".join(text.split())
