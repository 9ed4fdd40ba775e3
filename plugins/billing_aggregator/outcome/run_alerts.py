"""Who is told what of a run: its first failed task while it goes on, and one message with all causes at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from urllib.parse import quote

from airflow.sdk.configuration import conf

from billing_aggregator.monitoring.alert import Alert, Cause
from billing_aggregator.monitoring.bounded import attempt
from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.outcome.airflow_versions import can_ask_airflow
from billing_aggregator.outcome.report import (
    FAILURE_KEY,
    NOT_RECORDED,
    TIMED_OUT,
    RunReport,
    failed_run_states,
)
from billing_aggregator.outcome.run_metrics import is_check, shrunk_exports
from billing_aggregator.scripts.stages import REPORT
from billing_aggregator.scripts.task_names import TaskName

if TYPE_CHECKING:
    from airflow.sdk import Context

# Left by a task that has told somebody, so that nobody is told twice.
TOLD_KEY = "told"
UNFINISHED = (None, "scheduled", "queued", "running", "restarting", "deferred", "up_for_retry", "up_for_reschedule")

REPAIR = "correct the cause, then clear the failed task in Airflow: it and what follows runs again."
COMPARE = (
    "compare the files with those of the day before. They are published: where they are wrong, tell their readers."
)
LOOK = "see what ran longest or waited for a lock, then clear the run: what was done stays."
GOES_ON = "the run goes on; a message with all causes follows at its end. " + REPAIR.capitalize()


def tell_failed_task(monitor: Monitor, context: Context) -> None:
    """Callback of a task that failed for good: tell of the first one of a run, unless the run ends with it."""
    if monitor.topic_arn:
        attempt("Telling of the failed task", lambda: _tell_failed_task(monitor, context))


def tell_outcome(monitor: Monitor, context: Context, report: RunReport) -> None:
    """Tell of a run that failed, or whose exports shrank, from its report."""
    if monitor.topic_arn:
        attempt("Telling of the run", lambda: _tell_outcome(monitor, context, report))


def tell_failed_run(monitor: Monitor, context: Context) -> None:
    """Callback of the DAG: tell of a run that failed where its report could not, such as one that took too long."""
    if monitor.topic_arn and can_ask_airflow():
        attempt("Telling of the failed run", lambda: _tell_failed_run(monitor, context))


def run_link(dag_id: str, run_id: str, task_id: str | None = None) -> str:
    """The page of a run, or of one of its tasks, in Airflow; empty where Airflow does not know its own address."""
    address = conf.get("api", "base_url", fallback="").rstrip("/")
    page = f"{address}/dags/{dag_id}/runs/{quote(run_id)}"
    return "" if not address else f"{page}/tasks/{task_id}" if task_id else page


def _tell_failed_task(monitor: Monitor, context: Context) -> None:
    ti, task = context["ti"], context["task"]
    states: Mapping[str, str | None] = ti.get_task_states(ti.dag_id, run_ids=[ti.run_id])[ti.run_id]
    others = [task_id for task_id, state in states.items() if state == "failed" and task_id != ti.task_id]
    after = {ti.task_id, *task.get_flat_relative_ids(upstream=False)}
    goes_on = [task_id for task_id, state in states.items() if state in UNFINISHED and task_id not in after]
    if not goes_on or any(ti.xcom_pull(task_ids=task_id, key=TOLD_KEY) for task_id in others):
        return
    script = getattr(task, "script", None)
    refused = is_check(ti.task_id)
    cause = Cause(
        ti.task_id, str(context.get("exception") or NOT_RECORDED), script, run_link(ti.dag_id, ti.run_id, ti.task_id)
    )
    _publish(
        monitor,
        context,
        event="check_refused" if refused else "task_failed",
        headline=f"{ti.task_id} {'refused the data' if refused else 'failed'}",
        causes=[cause],
        remedy=GOES_ON,
        task_ids=[ti.task_id],
    )
    ti.xcom_push(key=TOLD_KEY, value=True)


def _tell_outcome(monitor: Monitor, context: Context, report: RunReport) -> None:
    shrunk = shrunk_exports(report, monitor.shrink_percent)
    causes = [*_failures(context, report.failures), *(Cause(doubt, "") for doubt in report.doubts)]
    shrinking = [_shrinking(context, task_id, report) for task_id in shrunk]
    if causes:
        _publish(
            monitor,
            context,
            event="run_failed",
            headline=_failed_headline([*report.failures]),
            causes=[*causes, *shrinking],
            remedy=REPAIR,
            task_ids=[*report.failures, *shrunk],
        )
        context["ti"].xcom_push(key=TOLD_KEY, value=True)
    elif shrunk:
        _publish(
            monitor,
            context,
            event="export_shrunk",
            headline=f"more than {monitor.shrink_percent} % of the rows are gone from {', '.join(shrunk)}",
            causes=shrinking,
            remedy=COMPARE,
            task_ids=shrunk,
        )


def _tell_failed_run(monitor: Monitor, context: Context) -> None:
    ti, states = context.get("ti"), failed_run_states(context)
    if states is None:
        return
    # A report that was cleared since has not announced this failure.
    if ti and states.get(REPORT) == "failed" and ti.xcom_pull(task_ids=REPORT, key=TOLD_KEY):
        return
    failed = sorted(task_id for task_id, state in states.items() if state == "failed")
    # The report fails because others did, unless it is alone.
    failed = [task_id for task_id in failed if task_id != REPORT] or failed
    recorded = {task_id: ti.xcom_pull(task_ids=task_id, key=FAILURE_KEY) if ti else None for task_id in failed}
    is_late = context.get("reason") == TIMED_OUT
    _publish(
        monitor,
        context,
        event="run_failed",
        headline="the run took too long and was ended" if is_late else _failed_headline(failed),
        causes=[
            *([Cause("Airflow has ended the run", _time_limit(context))] if is_late else []),
            *_failures(context, {task_id: found or {"error": NOT_RECORDED} for task_id, found in recorded.items()}),
        ],
        remedy=LOOK if is_late else REPAIR,
        task_ids=failed,
    )


def _publish(
    monitor: Monitor,
    context: Context,
    *,
    event: str,
    headline: str,
    causes: Sequence[Cause],
    remedy: str,
    task_ids: Sequence[str],
) -> None:
    dag_id, run_id = _ids_of(context)
    alert = Alert(
        event=event,
        client_id=monitor.client_id,
        environment=monitor.environment,
        dag_id=dag_id,
        run_id=run_id,
        headline=headline,
        causes=causes,
        remedy=remedy,
        link=run_link(dag_id, run_id),
        systems=sorted(filter(None, {TaskName.of(task_id).system for task_id in task_ids})),
        task_ids=task_ids,
    )
    monitor.publish(alert)


def _ids_of(context: Context) -> tuple[str, str]:
    """DAG and run. The callback of a run of which no task has begun knows of no task."""
    ti = context.get("ti")
    return (ti.dag_id, ti.run_id) if ti else (context["dag"].dag_id, context["run_id"])


def _failures(context: Context, failures: Mapping[str, Mapping[str, str | None]]) -> list[Cause]:
    ids = _ids_of(context)
    return [
        Cause(task_id, str(found.get("error")), found.get("script"), run_link(*ids, task_id))
        for task_id, found in failures.items()
    ]


def _shrinking(context: Context, task_id: str, report: RunReport) -> Cause:
    summary = report.exports[task_id]
    rows = f"{summary['rows']:,} rows, {summary['previous_rows']:,} in the export before"
    where = f"s3://{summary['bucket']}/{summary['manifest']}"
    return Cause(task_id, f"{rows}\n{where}", link=run_link(*_ids_of(context), task_id))


def _failed_headline(causes: Sequence[str]) -> str:
    more = f" and {len(causes) - 1} more" if len(causes) > 1 else ""
    return f"the run failed in {causes[0]}{more}" if causes else "the run failed"


def _time_limit(context: Context) -> str:
    return f"its time limit is {context['dag'].dagrun_timeout}; nothing is known of what it had not done by then"
