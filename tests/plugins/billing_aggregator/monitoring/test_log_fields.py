"""Log lines carry the fields of the task that runs, and only those."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from structlog.contextvars import bound_contextvars, clear_contextvars, get_contextvars

from billing_aggregator.monitoring.log_fields import bind_log_fields


@pytest.fixture(autouse=True)
def _no_fields() -> Iterator[None]:
    with bound_contextvars():
        yield
    clear_contextvars()


def test_a_script_has_system_stage_and_script() -> None:
    bind_log_fields("enercity", "prod", "manual__1", "alpha.init.010_build", "init/alpha/010_build.sql")

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
    bind_log_fields("enercity", "prod", "manual__1", "alpha.init.010_build", "init/alpha/010_build.sql")

    bind_log_fields("enercity", "prod", "manual__1", "alpha.export")
    assert (get_contextvars()["stage"], get_contextvars().get("script")) == ("export", None)

    bind_log_fields("enercity", "prod", "manual__1", "report")
    assert not {"system", "stage", "script"} & {*get_contextvars()}
