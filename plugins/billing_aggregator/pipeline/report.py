"""The last task of a run: what each system did, what was exported, what failed and where to look."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk.observability import stats

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

FAILURE_KEY = "failure"

# The whole report, and each failure as it happens, on one line of the log for programs that read logs.
REPORT_LINE = "Run report: "
FAILURE_LINE = "Task failure: "


def record_failure(context: Context) -> None:
    """Callback of a task that failed for good: keep its error for the report."""
    task = context["task"]
    failure = {"error": str(context.get("exception")), "script": getattr(task, "script", None)}
    log.error("%s%s", FAILURE_LINE, json.dumps({"task_id": context["ti"].task_id, **failure}))
    context["ti"].xcom_push(key=FAILURE_KEY, value=failure)


def run_report(context: Context, exports: Sequence[str]) -> dict[str, Any]:
    """Log the run's outcome and return it.

    :param exports: task ids of all exports
    :return: ``systems`` (state by name), ``exports`` (an export's summary by task id), ``failures`` (by task id)
    """
    ti = context["ti"]
    states: Mapping[str, str] = ti.get_task_states(ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
    done = [task_id for task_id in sorted(exports) if states.get(task_id) == "success"]
    failed = [task_id for task_id in sorted(states) if states[task_id] == "failed"]
    report = {
        "systems": _system_states(states),
        "exports": {task_id: ti.xcom_pull(task_ids=task_id) for task_id in done},
        "failures": {task_id: ti.xcom_pull(task_ids=task_id, key=FAILURE_KEY) or {} for task_id in failed},
    }
    _log(report)
    _measure(report)
    return report


def _system_states(states: Mapping[str, str | None]) -> dict[str, str]:
    """The state of each system: of its worst task, or skipped if the run did not select it."""
    found: dict[str, set[str | None]] = {}
    for task_id, state in states.items():
        system, is_in_group, _ = task_id.partition(".")
        if is_in_group:
            found.setdefault(system, set()).add(state)
    ranking = ("failed", "upstream_failed", "skipped")
    return {system: next((state for state in ranking if state in found[system]), "success") for system in sorted(found)}


def _log(report: Mapping[str, Any]) -> None:
    log.info("%s%s", REPORT_LINE, json.dumps(report))
    for system, state in report["systems"].items():
        log.info("System %s: %s", system, state)
    for task_id, summary in report["exports"].items():
        log.info(
            "Export %s: %s rows, %s files, %s bytes in %s s, s3://%s/%s",
            task_id,
            summary["rows"],
            summary["files"],
            summary["bytes"],
            summary["seconds"],
            summary["bucket"],
            summary["manifest"],
        )
    for task_id, failure in report["failures"].items():
        log.error("Task %s: %s (script: %s)", task_id, failure.get("error"), failure.get("script") or "none")


def _measure(report: Mapping[str, Any]) -> None:
    for figure in ("rows", "files", "bytes"):
        total = sum(summary[figure] for summary in report["exports"].values())
        stats.gauge(f"billing_data_aggregator.exported_{figure}", total)
    stats.gauge("billing_data_aggregator.failed_tasks", len(report["failures"]))
