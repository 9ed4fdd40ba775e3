"""Log lines carry the fields of the task that runs, and only those."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.contextvars import bound_contextvars, clear_contextvars, get_contextvars

from billing_aggregator.monitoring.log_fields import name_task
from billing_aggregator.monitoring.monitor import Monitor


@pytest.fixture(autouse=True)
def _no_fields() -> Iterator[None]:
    with bound_contextvars():
        yield
    clear_contextvars()


def begin(task_id: str, script: str | None = None) -> None:
    """Begin a task, of a script if there is one."""
    task = SimpleNamespace() if script is None else SimpleNamespace(script=script)
    context: Any = {"ti": SimpleNamespace(run_id="manual__1", task_id=task_id), "task": task}
    name_task(Monitor(client_id="enercity", environment="prod", aws_conn_id="aws"), context)


def test_a_script_has_system_stage_and_script() -> None:
    begin("alpha.init.010_build", "init/alpha/010_build.sql")

    assert get_contextvars() == {
        "service": "billing-data-aggregator",
        "client_id": "enercity",
        "environment": "prod",
        "run_id": "manual__1",
        "system": "alpha",
        "stage": "init",
        "script": "init/alpha/010_build.sql",
    }


def test_the_next_task_of_a_process_does_not_inherit_them() -> None:
    begin("alpha.init.010_build", "init/alpha/010_build.sql")

    begin("alpha.export")
    assert (get_contextvars()["stage"], get_contextvars().get("script")) == ("export", None)

    begin("report")
    assert not {"system", "stage", "script"} & {*get_contextvars()}
