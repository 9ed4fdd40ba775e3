"""Turns the raw figures of scripts into Markdown tables: one for each server and scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.markdown_rows import row, rule

Timing = Mapping[str, Any]
# The systems of a usual run: their sum is what a night waits for.
TOTAL = ("bookkeeper", "tripica")
COST = ("wall s", "CPU s", "temp MB", "rows")


def script_tables(timings: Sequence[Timing]) -> list[str]:
    """A table for each server and scale; with two revisions also the quotients of the older's figures to ours."""
    parts: list[str] = []
    for server, scale in dict.fromkeys((each["server"], each["scale"]) for each in timings):
        found = [each for each in timings if (each["server"], each["scale"]) == (server, scale)]
        revisions = sorted({each["revision"] for each in found})
        parts += [f"#### {server}, scale {scale:g}", _table(found, revisions)]
    return parts


def _table(timings: Sequence[Timing], revisions: Sequence[str]) -> str:
    ours, others = revisions[0], revisions[1:]
    header = row(["system", "script", *COST, *(cell for other in others for cell in _other_header(other))])
    scripts = dict.fromkeys((each["system"], each["script"]) for each in sorted(timings, key=_place))
    lines = [_line(timings, key, ours, others) for key in scripts]
    return "\n".join([header, rule(header), *lines, _total(timings, ours, others)])


def _other_header(other: str) -> list[str]:
    return [f"{other}: {name}" for name in COST[:3]] + ["wall ratio", "CPU ratio"]


def _place(timing: Timing) -> tuple[bool, str, str]:
    return timing["system"] not in TOTAL, timing["system"], timing["script"]


def _line(timings: Sequence[Timing], key: tuple[str, str], ours: str, others: Sequence[str]) -> str:
    found = {each["revision"]: each for each in timings if (each["system"], each["script"]) == key}
    cells = [*key, *_cost(found.get(ours), with_rows=True)]
    for other in others:
        cells += [*_cost(found.get(other)), *_ratios(found.get(other), found.get(ours))]
    return row(cells)


def _total(timings: Sequence[Timing], ours: str, others: Sequence[str]) -> str:
    sums = {revision: _sum(timings, revision) for revision in (ours, *others)}
    cells = [" + ".join(TOTAL), "**in all**", *_cost(sums[ours], with_rows=True)]
    for other in others:
        cells += [*_cost(sums[other]), *_ratios(sums[other], sums[ours])]
    return row(cells)


def _sum(timings: Sequence[Timing], revision: str) -> Timing:
    found = [each for each in timings if each["revision"] == revision and each["system"] in TOTAL]
    return {name: sum(each[name] for each in found) for name in ("seconds", "cpu_s", "temp_bytes", "rows")}


def _cost(timing: Timing | None, *, with_rows: bool = False) -> list[str]:
    if timing is None:
        return [""] * (4 if with_rows else 3)
    cells = [f"{timing['seconds']:.2f}", f"{timing['cpu_s']:.2f}", f"{timing['temp_bytes'] / 1e6:,.0f}"]
    return [*cells, f"{timing['rows']:,.0f}"] if with_rows else cells


def _ratios(theirs: Timing | None, ours: Timing | None) -> list[str]:
    if theirs is None or ours is None:
        return ["", ""]
    return [f"{theirs[name] / ours[name]:.2f}" if ours[name] else "" for name in ("seconds", "cpu_s")]
