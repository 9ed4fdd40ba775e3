"""What differs between the versions of Airflow that the package runs on."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow.sdk.definitions.deadline import DeadlineAlert


def deadline_alert(
    interval: timedelta, callback: Callable[..., None], arguments: Mapping[str, object]
) -> DeadlineAlert | None:
    """The deadline of each run, so long after its logical date; None where Airflow has no deadlines.

    Without one a run still ends after the time limit, and a callback of the DAG tells of that. `airflow dags test`
    has none either: it breaks at the end of a run with a deadline.

    :param callback: a function of a module, which Airflow imports in a process of its own
    :param arguments: what it gets besides the context
    """
    if sys.argv[1:3] == ["dags", "test"]:
        return None
    try:
        from airflow.sdk.definitions.callback import SyncCallback
        from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
    except ImportError:
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=interval,
        callback=SyncCallback(callback, kwargs=dict(arguments)),
    )


def can_ask_airflow() -> bool:
    """Whether this process has somebody to ask about runs: `airflow dags test` has nobody once its tasks are done."""
    from airflow.sdk.execution_time import task_runner

    return hasattr(task_runner, "SUPERVISOR_COMMS")
