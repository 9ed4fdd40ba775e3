"""Names the task that runs in the log lines of its process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing_aggregator.monitoring.log_fields import bind_log_fields
from billing_aggregator.monitoring.monitor import Monitor

if TYPE_CHECKING:
    from airflow.sdk import Context


def name_task(monitor: Monitor, context: Context) -> None:
    """Before a task: give its log lines the fields of the deployment, the run, and its system, stage and script."""
    ti = context["ti"]
    script = getattr(context["task"], "script", None)
    bind_log_fields(monitor.client_id, monitor.environment, ti.run_id, ti.task_id, script)
