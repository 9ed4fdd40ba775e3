"""A task keeps to what the preflight has decided, also when a person clears it much later."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from billing_aggregator.run.endpoints import Endpoints
from billing_aggregator.run.lock import RunLock
from billing_aggregator.run.preflight import enter_task, prove_warehouse

# No test here gets as far as to ask the warehouse.
LOCK = RunLock("no_such_connection", "enercity")


def context(days_ago: int = 0, **params: Any) -> Any:
    """A task of a run of so many days ago."""
    run = SimpleNamespace(logical_date=datetime.now(UTC) - timedelta(days=days_ago), run_after=None)
    usual = {"systems": ["tripica"], "dry_run": False, "business_date": None, "allow_past_date": False}
    return {"params": usual | params, "dag_run": run}


def test_a_task_of_a_system_that_the_run_does_not_select_is_skipped() -> None:
    with pytest.raises(AirflowSkipException, match="does not select the system 'bookings'"):
        enter_task("bookings", LOCK, context())


def test_a_task_of_a_dry_run_is_skipped() -> None:
    with pytest.raises(AirflowSkipException, match="a dry run changes nothing"):
        enter_task("tripica", LOCK, context(dry_run=True))


def test_a_task_that_is_cleared_days_later_does_not_file_todays_sources_under_its_day() -> None:
    with pytest.raises(AirflowFailException, match="is in the past, today is") as caught:
        enter_task("tripica", LOCK, context(days_ago=3))

    assert "'allow_past_date': true" in str(caught.value)


def test_a_connection_must_not_replace_the_settings_of_the_scripts_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {"conn_type": "postgres", "host": "127.0.0.1", "extra": {"options": "-c jit=on"}}
    monkeypatch.setenv("AIRFLOW_CONN_OCTOPUS", json.dumps(connection))

    with pytest.raises(AirflowFailException, match=r"expected no 'options' .*'octopus', found '-c jit=on'") as caught:
        prove_warehouse(Endpoints("octopus", "billing_s3", "exports", ""))

    assert "set BDA_SCRIPT_SESSION" in str(caught.value)
