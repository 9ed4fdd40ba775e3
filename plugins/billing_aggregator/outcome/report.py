"""The last task of a run: what each system did, what was exported, what failed, and what nobody knows."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow.sdk.exceptions import AirflowFailException

from billing_aggregator.monitoring.monitor import redacted
from billing_aggregator.outcome.html_report import HtmlReport
from billing_aggregator.outcome.report_lines import export_line, run_line, system_line
from billing_aggregator.run.current_run import asked_business_date
from billing_aggregator.run.preflight import REFUSED_KEY
from billing_aggregator.scripts.sql.outline import REPORT_COLUMN
from billing_aggregator.scripts.stages import DRY_RUN, PREFLIGHT
from billing_aggregator.scripts.task_names import TaskName

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

FAILURE_KEY = "failure"
# Left beside the report of a run that has delivered everything it selected. Airflow's REST API lists the keys of XComs
# without their values: this key lets a page read the states of a year with few requests.
DELIVERED_KEY = "delivered"
# The reason that Airflow gives for a run that it ended after its time limit.
TIMED_OUT = "timed_out"

# The whole report, and each failure as it happens, on one line of the log for programs that read logs.
REPORT_LINE = "Run report: "
FAILURE_LINE = "Task failure: "

NOT_RECORDED = "no error was recorded: the task was marked as failed by hand, or its process was killed; see its log"
BY_HAND = "was marked as a success by hand: what it exported, if anything, is not known"
NOT_RUN = "was marked as a success by hand: its script did not run"
NOT_EXPORTED = "was selected, but exported nothing"

States = Mapping[str, str | None]


@dataclass(frozen=True)
class RunReport:
    """The outcome of a run.

    :param business_date: the day that the run was for, in ISO 8601
    :param refused: whether the preflight has refused what somebody asked for, so that the run is no delivery; a run by
        schedule is one in any case
    :param started: when the run began, in ISO 8601; None if nobody knows
    :param seconds: from then to this report
    :param systems: the state of each system; skipped where the run did not select it
    :param exports: the summary of each export that was done, by task id, without the sums of technical columns
    :param failures: the error, and the script if there is one, of each task that failed, by task id
    :param doubts: a sentence for each export of a selected system that has neither a result nor a failure, and for each
        script that counts as a success but did not run
    :param remarks: what checks have to say for the report, by task id
    """

    business_date: str
    dry_run: bool
    refused: bool
    run_id: str
    started: str | None
    seconds: float | None
    systems: Mapping[str, str]
    exports: Mapping[str, Mapping[str, Any]]
    failures: Mapping[str, Mapping[str, str | None]]
    doubts: Sequence[str]
    remarks: Mapping[str, str]

    @property
    def is_delivery(self) -> bool:
        """Whether the run has delivered everything it selected."""
        states = {*self.systems.values()} - {"skipped"}
        return states == {"success"} and not (self.dry_run or self.failures or self.doubts)


def failed_run_states(context: Context) -> States | None:
    """Return the states of all tasks, by their ids, for a callback of the DAG that is told of a failed run.

    :return: nothing in it if no task has begun; None if the run goes on, because a person has cleared what had failed
    """
    ti = context.get("ti")
    states: States = ti.get_task_states(ti.dag_id, run_ids=[ti.run_id])[ti.run_id] if ti else {}
    is_over = not states or "failed" in states.values() or context.get("reason") == TIMED_OUT
    return states if is_over else None


def record_failure(context: Context) -> None:
    """Callback of a task that failed for good: keep its error, without secrets, for the report."""
    task = context["task"]
    failure = {"error": redacted(str(context.get("exception"))), "script": getattr(task, "script", None)}
    log.error("%s%s", FAILURE_LINE, json.dumps({"task_id": context["ti"].task_id, **failure}))
    context["ti"].xcom_push(key=FAILURE_KEY, value=failure)


def report_run(
    context: Context,
    exports: Sequence[str],
    scripts: Sequence[str] = (),
    *,
    html_report: HtmlReport | None = None,
    observers: Sequence[Callable[[Context, RunReport], None]] = (),
) -> None:
    """Log the run's outcome and push it as the task's XCom.

    :param exports: task ids of all exports
    :param scripts: task ids of all scripts and checks
    :param html_report: writes it as a file, too, unless the run is a dry run or was refused
    :param observers: get the report; they raise nothing
    :raises AirflowFailException: a task failed, a selected system has exported nothing that is known of, or a script
        was passed over by hand
    """
    report = _collect(context, sorted(exports), scripts)
    log.info("%s%s", REPORT_LINE, json.dumps(asdict(report)))
    _log_for_people(report)
    context["ti"].xcom_push(key="return_value", value=asdict(report))
    if report.is_delivery:
        context["ti"].xcom_push(key=DELIVERED_KEY, value=True)
    for observe in observers:
        observe(context, report)
    # After the observers: where S3 does not answer, somebody is to be told of that first.
    if html_report and not report.dry_run and not report.refused:
        html_report.write(asdict(report))
    if report.failures:
        raise AirflowFailException(f"The run failed in {', '.join(report.failures)}. Their errors stand above.")
    if report.doubts:
        raise AirflowFailException(f"{'; '.join(report.doubts)}. Clear these tasks to do them again.")


def _collect(context: Context, exports: Sequence[str], scripts: Sequence[str]) -> RunReport:
    ti = context["ti"]
    states: States = ti.get_task_states(ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
    if context["params"]["dry_run"]:
        return _collect_dry_run(context, states)
    done = {task_id: ti.xcom_pull(task_ids=task_id) for task_id in exports if states.get(task_id) == "success"}
    failed = [task_id for task_id in sorted(states) if states[task_id] == "failed"]
    ran = {task_id: ti.xcom_pull(task_ids=task_id) for task_id in scripts if states.get(task_id) == "success"}
    return RunReport(
        **_run_figures(context),
        systems=_system_states(states, context["params"]["systems"]),
        exports={task_id: _without_sums(summary) for task_id, summary in done.items() if summary},
        failures={task_id: _failure(ti.xcom_pull(task_ids=task_id, key=FAILURE_KEY)) for task_id in failed},
        doubts=[
            # A script leaves a result when it has run.
            *(f"{task_id} {NOT_RUN}" for task_id, result in ran.items() if not result),
            *(f"{task_id} {BY_HAND}" for task_id, summary in done.items() if not summary),
            *_not_exported(states, exports, context["params"]["systems"]),
        ],
        remarks={task_id: result[REPORT_COLUMN] for task_id, result in ran.items() if isinstance(result, dict)},
    )


def _collect_dry_run(context: Context, states: States) -> RunReport:
    """One task stands for all systems of a dry run."""
    ti = context["ti"]
    failed = [task_id for task_id in sorted(states) if states[task_id] == "failed"]
    state = "failed" if failed else str(states.get(DRY_RUN))
    exports = ti.xcom_pull(task_ids=DRY_RUN) if state == "success" else None
    return RunReport(
        **_run_figures(context),
        systems=_system_states(states, ()) | dict.fromkeys(context["params"]["systems"], state),
        exports={task_id: _without_sums(summary) for task_id, summary in (exports or {}).items()},
        failures={task_id: _failure(ti.xcom_pull(task_ids=task_id, key=FAILURE_KEY)) for task_id in failed},
        doubts=[] if failed or exports is not None else [f"the dry run has no result: its state is {state}"],
        remarks={},
    )


def _run_figures(context: Context) -> dict[str, Any]:
    """Which run it is, and how long it has taken; a parameter that the preflight has refused is shown as it is."""
    run, params = context["dag_run"], context["params"]
    was_refused = context["ti"].xcom_pull(task_ids=PREFLIGHT, key=REFUSED_KEY) is not None
    started = run.start_date
    return {
        "business_date": asked_business_date(context),
        "dry_run": params["dry_run"],
        "refused": was_refused and run.run_type != "scheduled",
        "run_id": context["ti"].run_id,
        "started": started.isoformat() if started else None,
        "seconds": round((datetime.now(UTC) - started).total_seconds(), 3) if started else None,
    }


def _without_sums(summary: Mapping[str, Any]) -> dict[str, Any]:
    """The amounts say what a person wants to know; a sum of numbers of documents or runs says nothing."""
    return {name: value for name, value in summary.items() if name != "sums"}


def _failure(recorded: Mapping[str, str | None] | None) -> Mapping[str, str | None]:
    return recorded or {"error": NOT_RECORDED, "script": None}


def _not_exported(states: States, exports: Sequence[str], selected: Sequence[str]) -> list[str]:
    """Exports of selected systems that were skipped or never ran, though nothing before them failed."""
    explained = ("success", "failed", "upstream_failed")
    return [
        f"{task_id} {NOT_EXPORTED}: its state is {states.get(task_id) or 'none'}"
        for task_id in exports
        if TaskName.of(task_id).system in selected and states.get(task_id) not in explained
    ]


def _system_states(states: States, selected: Collection[str]) -> dict[str, str]:
    """The state of each system: of its worst task, or skipped if the run did not select it.

    Where the preflight fails it skips nothing, and Airflow calls the tasks of all systems upstream_failed.
    """
    found: dict[str, set[str | None]] = {}
    for task_id, state in states.items():
        if system := TaskName.of(task_id).system:
            found.setdefault(system, set()).add(state)
    ranking = ("failed", "upstream_failed", "skipped")
    return {
        system: next((state for state in ranking if state in found[system]), "success")
        if system in selected
        else "skipped"
        for system in sorted(found)
    }


def _log_for_people(report: RunReport) -> None:
    log.info("%s", run_line(report.run_id, report.business_date, report.seconds, dry_run=report.dry_run))
    for system, state in report.systems.items():
        log.info("%s", system_line(system, state, dry_run=report.dry_run))
    for task_id, summary in report.exports.items():
        log.info("%s", export_line(task_id, summary))
        for remark in summary.get("remarks", ()):
            log.warning("Export %s %s", task_id, remark)
    for task_id, remark in report.remarks.items():
        log.info("%s: %s", task_id, remark)
    for doubt in report.doubts:
        log.warning("%s", doubt)
    for task_id, failure in report.failures.items():
        script = f" (script: {failure['script']})" if failure.get("script") else ""
        log.error("Task %s: %s%s", task_id, failure.get("error"), script)
