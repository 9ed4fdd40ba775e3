"""Before a task its log lines get the fields of its deployment, its run and itself."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from structlog.contextvars import clear_contextvars, get_contextvars

from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.pipeline.log_fields import name_task


@pytest.mark.parametrize("script", ["init/alpha/010_build.sql", None])
def test_a_task_is_named_with_its_script_if_it_has_one(script: str | None) -> None:
    task = SimpleNamespace() if script is None else SimpleNamespace(script=script)
    context: Any = {"ti": SimpleNamespace(run_id="manual__1", task_id="alpha.init.010_build"), "task": task}

    name_task(Monitor(client_id="enercity", environment="prod", aws_conn_id="aws"), context)
    found = get_contextvars()
    clear_contextvars()

    assert (found["client_id"], found["environment"], found["run_id"]) == ("enercity", "prod", "manual__1")
    assert (found["system"], found["stage"], found.get("script")) == ("alpha", "init", script)
