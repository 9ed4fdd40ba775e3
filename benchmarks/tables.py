"""Turns raw figures into Markdown tables of medians."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

EXPORT_HEADER = (
    "| way | connections | driver | runs | wall s | to psql | rows/s | client CPU s | backend CPU s | client/backend"
    " | peak MiB | above idle MiB | MB |"
)


def markdown(results: Mapping[str, Any]) -> str:
    """Everything that was measured, as Markdown."""
    machine = results.get("machine", {})
    parts = ["; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in machine.items())]
    runs = results.get("export", [])
    for rows in sorted({run["rows"] for run in runs}):
        parts += [f"### {rows:,} rows", _export_table([run for run in runs if run["rows"] == rows])]
    if results.get("sql"):
        parts += ["### Scripts", _script_table(results["sql"])]
    return "\n\n".join(parts) + "\n"


def _export_table(runs: Sequence[Mapping[str, Any]]) -> str:
    keys = dict.fromkeys((run["way"], run["connections"], run["driver"]) for run in runs)
    groups = [[run for run in runs if (run["way"], run["connections"], run["driver"]) == key] for key in keys]
    return "\n".join([EXPORT_HEADER, _rule(EXPORT_HEADER), *map(_export_row, groups)])


def _export_row(group: Sequence[Mapping[str, Any]]) -> str:
    wall, client, backend = (_median(group, name) for name in ("wall_s", "client_cpu_s", "backend_cpu_s"))
    first = group[0]
    above = [run["peak_rss_mb"] - run["idle_rss_mb"] for run in group if run["idle_rss_mb"]]
    cells = [
        first["way"],
        str(first["connections"]),
        first["driver"],
        str(len(group)),
        f"{wall:.2f}",
        f"{_median(group, 'paired'):.2f}" if "paired" in first else "1",
        f"{first['rows'] / wall:,.0f}",
        f"{client:.2f}",
        f"{backend:.2f}",
        f"{client / backend:.2f}" if backend else "",
        f"{_median(group, 'peak_rss_mb'):.0f}",
        f"{median(above):.0f}" if above else "",
        f"{first['bytes'] / 1e6:,.0f}" if first["bytes"] else "",
    ]
    return _row(cells)


def _script_table(timings: Sequence[Mapping[str, Any]]) -> str:
    scales = sorted({timing["scale"] for timing in timings})
    seconds = {(each["system"], each["script"], each["scale"]): each["seconds"] for each in timings}
    header = _row(["system", "script", *(f"scale {scale:g}: s" for scale in scales)])
    scripts = dict.fromkeys((each["system"], each["script"]) for each in timings)
    lines = [_row([*key, *(f"{seconds.get((*key, scale), 0):.2f}" for scale in scales)]) for key in scripts]
    return "\n".join([header, _rule(header), *lines])


def _median(group: Iterable[Mapping[str, Any]], name: str) -> float:
    return float(median(run[name] for run in group))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _rule(header: str) -> str:
    return "|" + "---|" * (header.count("|") - 1)
