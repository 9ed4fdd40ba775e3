"""The deadline of scheduled runs: whoever is on call is told when it passes before the run has ended."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from billing_aggregator.monitoring.alert import Alert, Cause
from billing_aggregator.monitoring.bounded import attempt
from billing_aggregator.monitoring.figures import RUN_LATE, Figure
from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.outcome.airflow_versions import deadline_alert
from billing_aggregator.outcome.run_alerts import run_link

if TYPE_CHECKING:
    from airflow.sdk.definitions.deadline import DeadlineAlert

log = logging.getLogger(__name__)

NOT_ENDED = ("queued", "running")
WAITS = (
    "unpause the DAG if it is paused; else end the run that goes on before it, which may wait for the lock of the"
    " warehouse."
)
WORKS = "see in Airflow which task runs and what it waits for: a lock of the warehouse, a slow script, a retry."


def run_deadline(monitor: Monitor, deadline: str) -> DeadlineAlert | None:
    """The deadline of each run, counted from when a scheduled one is due; None where nobody is to be told.

    :param deadline: the time of day, to be told
    """
    if monitor.deadline is None or not (monitor.topic_arn or monitor.metrics_namespace):
        return None
    arguments = {
        "client_id": monitor.client_id,
        "environment": monitor.environment,
        "aws_conn_id": monitor.aws_conn_id,
        "topic_arn": monitor.topic_arn,
        "metrics_namespace": monitor.metrics_namespace,
    }
    return deadline_alert(monitor.deadline, tell_late_run, {"deadline": deadline, "monitor": arguments})


def tell_late_run(context: Mapping[str, Any], deadline: str, monitor: Mapping[str, Any]) -> None:
    """Callback of the deadline, in a process of its own that knows neither DAG nor settings.

    Airflow counts the deadline for each run. Nobody has promised when one ends that a person or a backfill has started,
    and of one that has failed its report has told.
    """
    run = context["dag_run"]
    if run["run_type"] == "scheduled" and run["state"] in NOT_ENDED:
        watcher = replace(Monitor(**monitor), aws_conn_id=_known_connection(monitor["aws_conn_id"]))
        watcher.measure([Figure(RUN_LATE, 1)])
        attempt("Telling of the late run", lambda: watcher.publish(_alert(watcher, run, deadline)))


def _known_connection(conn_id: str) -> str | None:
    """The connection, or None for the execution role: one that the settings give is known where the DAG is parsed."""
    from airflow.sdk import BaseHook

    try:
        BaseHook.get_connection(conn_id)
    except Exception as error:
        log.info("Using the execution role instead of the connection %r: %s", conn_id, error)
        return None
    return conn_id


def _alert(monitor: Monitor, run: Mapping[str, Any], deadline: str) -> Alert:
    has_started = run["state"] == "running"
    state = (
        f"it has been running since {run['start_date']}"
        if has_started
        else f"it has been waiting since {run['queued_at']}"
    )
    link = run_link(run["dag_id"], run["dag_run_id"])
    return Alert(
        event="run_late",
        client_id=monitor.client_id,
        environment=monitor.environment,
        dag_id=run["dag_id"],
        run_id=run["dag_run_id"],
        headline=f"the run is late: not finished by {deadline} UTC",
        causes=[Cause(f"The run of {run['logical_date']} has not ended: {state}", "")],
        remedy=WORKS if has_started else WAITS,
        link=link,
    )
