"""The fields that the log lines of a task carry, for those who search the logs of many systems and clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from structlog.contextvars import bind_contextvars, unbind_contextvars

from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.scripts.task_names import TaskName

if TYPE_CHECKING:
    from airflow.sdk import Context

SERVICE = "billing-data-aggregator"
OF_SCRIPTS = ("system", "stage", "script")


def name_task(monitor: Monitor, context: Context) -> None:
    """Before a task: give all further lines of its process, whichever logger they come from, the fields of the task."""
    ti, script = context["ti"], getattr(context["task"], "script", None)
    task = TaskName.of(ti.task_id)
    unbind_contextvars(*OF_SCRIPTS)
    bind_contextvars(service=SERVICE, client_id=monitor.client_id, environment=monitor.environment, run_id=ti.run_id)
    if task.system:
        bind_contextvars(system=task.system, stage=task.stage)
    if script:
        bind_contextvars(script=script)
