"""Measures a run from its report: how long it took, what it delivered, and what failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from billing_aggregator.monitoring.bounded import attempt
from billing_aggregator.monitoring.figures import (
    EXPORTED_BYTES,
    EXPORTED_FILES,
    EXPORTED_ROWS,
    FAILED_EXPORTS,
    FAILED_TASKS,
    REFUSED_CHECKS,
    RUN_DURATION,
    RUN_FAILED,
    RUN_LATE,
    RUN_SUCCEEDED,
    SHRUNK_EXPORTS,
    SYSTEM_BYTES,
    SYSTEM_DURATION,
    SYSTEM_FAILED,
    SYSTEM_FILES,
    SYSTEM_ROWS,
    SYSTEM_SUCCEEDED,
    Figure,
)
from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.outcome.airflow_versions import can_ask_airflow
from billing_aggregator.outcome.report import failed_run_states
from billing_aggregator.scripts.stages import REPORT, Kind
from billing_aggregator.scripts.task_names import TaskName

if TYPE_CHECKING:
    from airflow.sdk import Context

    from billing_aggregator.outcome.report import RunReport

Summaries = Iterable[Mapping[str, Any]]


def measure_run(monitor: Monitor, context: Context, report: RunReport) -> None:
    """Send the metrics of a run; a dry run delivers nothing and is not measured."""
    figures: list[Figure] = []
    if not report.dry_run:
        attempt("Measuring the run", lambda: figures.extend(_figures(monitor, context, report)))
        monitor.measure(figures)


def measure_failed_run(monitor: Monitor, context: Context) -> None:
    """Measure a run that failed without its report, such as one that took too long; a callback of the DAG."""
    if can_ask_airflow():
        attempt("Measuring the failed run", lambda: _measure_failed_run(monitor, context))


def shrunk_exports(report: RunReport, percent: int) -> list[str]:
    """The exports that lost more than this percentage of the rows of the export that they replaced."""
    return [task_id for task_id, summary in report.exports.items() if _has_shrunk(summary, percent)]


def is_check(task_id: str) -> bool:
    """Whether a task is a precheck or a postcheck."""
    return TaskName.of(task_id).kind is Kind.CHECK


def is_export(task_id: str) -> bool:
    """Whether a task exports results or a part of the archive, or reads such an export again."""
    return TaskName.of(task_id).kind is Kind.EXPORT


def _measure_failed_run(monitor: Monitor, context: Context) -> None:
    ti, states = context.get("ti"), failed_run_states(context)
    has_reported = ti is not None and (states or {}).get(REPORT) == "failed" and ti.xcom_pull(task_ids=REPORT)
    is_dry_run = context.get("params", {}).get("dry_run")
    if states is not None and not has_reported and not is_dry_run:
        monitor.measure([Figure(RUN_SUCCEEDED, 0), Figure(RUN_FAILED, 1)])


def _figures(monitor: Monitor, context: Context, report: RunReport) -> list[Figure]:
    has_failed = bool(report.failures or report.doubts)
    rows, files, size = _totals(report.exports.values())
    now = datetime.now(UTC)
    run = [
        Figure(RUN_SUCCEEDED, int(not has_failed)),
        Figure(RUN_FAILED, int(has_failed)),
        *_punctuality(monitor, context, now),
        Figure(RUN_DURATION, report.seconds or 0.0),
        Figure(FAILED_TASKS, len(report.failures)),
        Figure(REFUSED_CHECKS, sum(map(is_check, report.failures))),
        Figure(FAILED_EXPORTS, sum(map(is_export, report.failures))),
        Figure(SHRUNK_EXPORTS, len(shrunk_exports(report, monitor.shrink_percent))),
        Figure(EXPORTED_ROWS, rows),
        Figure(EXPORTED_FILES, files),
        Figure(EXPORTED_BYTES, size),
    ]
    seconds = _seconds_by_system(context)
    selected = [system for system in report.systems if system in context["params"]["systems"]]
    return run + [figure for system in selected for figure in _figures_of(system, report, seconds.get(system, 0.0))]


def _figures_of(system: str, report: RunReport, seconds: float) -> list[Figure]:
    exports = [summary for task_id, summary in report.exports.items() if TaskName.of(task_id).system == system]
    rows, files, size = _totals(exports)
    state = report.systems[system]
    return [
        Figure(SYSTEM_SUCCEEDED, int(state == "success"), system),
        Figure(SYSTEM_FAILED, int(state in ("failed", "upstream_failed")), system),
        Figure(SYSTEM_DURATION, seconds, system),
        Figure(SYSTEM_ROWS, rows, system),
        Figure(SYSTEM_FILES, files, system),
        Figure(SYSTEM_BYTES, size, system),
    ]


def _punctuality(monitor: Monitor, context: Context, now: datetime) -> list[Figure]:
    """0 for a scheduled run that ends in time; that one is late is said when its deadline passes."""
    run = context["dag_run"]
    if monitor.deadline is None or run.run_type != "scheduled" or run.logical_date is None:
        return []
    return [Figure(RUN_LATE, 0)] if now <= run.logical_date + monitor.deadline else []


def _seconds_by_system(context: Context) -> dict[str, float]:
    """How long the tasks of each system ran, added up."""
    # Airflow's protocol of a task instance does not name all that one can do.
    ti: Any = context["ti"]
    found: dict[str, float] = {}
    for task in ti.get_task_breadcrumbs(ti.dag_id, ti.run_id):
        if system := TaskName.of(str(task["task_id"])).system:
            found[system] = found.get(system, 0.0) + float(task["duration"] or 0)
    return found


def _totals(summaries: Summaries) -> tuple[int, int, int]:
    """Rows, files and bytes of all of them."""
    found = [(summary["rows"], summary["files"], summary["bytes"]) for summary in summaries]
    rows, files, size = (sum(column) for column in zip(*found, strict=True)) if found else (0, 0, 0)
    return rows, files, size


def _has_shrunk(summary: Mapping[str, Any], percent: int) -> bool:
    before = summary.get("previous_rows")
    return before is not None and summary["rows"] * 100 < before * (100 - percent)
