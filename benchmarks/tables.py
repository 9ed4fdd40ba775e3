"""Turns raw figures into Markdown tables of medians."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from benchmarks.markdown_rows import row, rule
from benchmarks.script_tables import script_tables
from benchmarks.targets import targets

EXPORT_HEADER = (
    "| way | connections | driver | runs | wall s | to psql (min-max) | rows/s | client CPU s | backend CPU s"
    " | client/backend | sink CPU s | peak MiB | above idle MiB | MB |"
)
RUN_FIGURES = {
    "tasks": "tasks",
    "wall": "wall s",
    "sql": "SQL s",
    "export": "of it exports s",
    "airflow_per_task": "Airflow s per task",
}
TARGET_HEADER = "| target | rows | driver | limit | measured | runs | outcome |"


def markdown(results: Mapping[str, Any], part: str) -> str:
    """What was measured of a part, as Markdown; nothing if it was not."""
    if part not in results:
        return ""
    machine = results.get("machine", {}).get(part, {})
    facts = "; ".join(f"{name.replace('_', ' ')} {value}" for name, value in machine.items())
    tables = TABLES[part](results)
    return "\n\n".join(filter(None, [facts, *tables])) + "\n"


def _export_tables(results: Mapping[str, Any]) -> list[str]:
    parts: list[str] = []
    runs, left_out = results.get("export", []), results.get("left_out", [])
    for rows in sorted({each["rows"] for each in (*runs, *left_out)}):
        parts += [f"### {rows:,} rows", _export_table([run for run in runs if run["rows"] == rows])]
        parts += [_left_out([each for each in left_out if each["rows"] == rows])]
    return [*parts, "### Targets", _target_table(runs)] if runs else parts


def _export_table(runs: Sequence[Mapping[str, Any]]) -> str:
    if not runs:
        return ""
    keys = dict.fromkeys((run["way"], run["connections"], run["driver"]) for run in runs)
    groups = [[run for run in runs if (run["way"], run["connections"], run["driver"]) == key] for key in keys]
    return "\n".join([EXPORT_HEADER, rule(EXPORT_HEADER), *map(_export_row, groups)])


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
        _paired([run["paired"] for run in group if "paired" in run]),
        f"{first['rows'] / wall:,.0f}",
        f"{client:.2f}",
        f"{backend:.2f}",
        f"{client / backend:.2f}" if backend else "",
        f"{_median(group, 'sink_cpu_s'):.2f}" if first["bytes"] else "",
        f"{_median(group, 'peak_rss_mb'):.0f}",
        f"{median(above):.0f}" if above else "",
        f"{first['bytes'] / 1e6:,.0f}" if first["bytes"] else "",
    ]
    return row(cells)


def _paired(quotients: Sequence[float]) -> str:
    return f"{median(quotients):.2f} ({min(quotients):.2f}-{max(quotients):.2f})" if quotients else "1"


def _left_out(ways: Iterable[Mapping[str, Any]]) -> str:
    lines = [f"- {each['way']}: {each['reason']}" for each in ways]
    return "\n".join(["Left out:", "", *lines]) if lines else ""


def _target_table(runs: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        row(
            [
                target.name,
                f"{target.rows:,}" if target.rows else "",
                target.driver,
                target.limit,
                "" if target.value is None else f"{target.value:.2f}",
                str(target.runs),
                target.outcome,
            ]
        )
        for target in targets(runs)
    ]
    return "\n".join([TARGET_HEADER, rule(TARGET_HEADER), *lines])


def _median(group: Iterable[Mapping[str, Any]], name: str) -> float:
    return float(median(run[name] for run in group))


def _run_tables(results: Mapping[str, Any]) -> list[str]:
    """Medians of whole runs, and how they compare with the first checkout's."""
    runs: Sequence[Mapping[str, Any]] = results["run"]
    names = list(dict.fromkeys(run["checkout"] for run in runs))
    medians = {
        name: {figure: median(run[figure] for run in runs if run["checkout"] == name) for figure in RUN_FIGURES}
        for name in names
    }
    header = row(["checkout", *RUN_FIGURES.values(), "wall, ratio"])
    lines = [header, rule(header)]
    for name, figures in medians.items():
        ratio = figures["wall"] / medians[names[0]]["wall"]
        lines.append(row([name, *(f"{value:g}" for value in figures.values()), f"{ratio:.2f}"]))
    return ["\n".join(lines)]


TABLES: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "export": _export_tables,
    "sql": lambda results: script_tables(results["sql"]),
    "run": _run_tables,
}
