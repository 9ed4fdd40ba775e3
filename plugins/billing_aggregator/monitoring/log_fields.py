"""The fields that the log lines of a task carry, for those who search the logs of many systems and clients."""

from __future__ import annotations

from structlog.contextvars import bind_contextvars, unbind_contextvars

SERVICE = "billing-data-aggregator"
OF_SCRIPTS = ("system", "stage", "script")


def bind_log_fields(client_id: str, environment: str, run_id: str, task_id: str, script: str | None = None) -> None:
    """Give all further lines of this process the fields of a task, whichever logger they come from.

    :param task_id: ``<system>.<stage>.<name>``, ``<system>.<name>`` or, for a task of the whole run, ``<name>``
    :param script: the SQL script, if there is one
    """
    unbind_contextvars(*OF_SCRIPTS)
    bind_contextvars(service=SERVICE, client_id=client_id, environment=environment, run_id=run_id)
    system, *rest = task_id.split(".")
    if rest:
        bind_contextvars(system=system, stage=rest[0])
    if script:
        bind_contextvars(script=script)
