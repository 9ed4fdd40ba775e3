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
from tests.support.warehouse import Warehouse, airflow_connection

# For tests that do not get as far as to ask the warehouse.
LOCK = RunLock("no_such_connection", "enercity")


def context(days_ago: int = 0, **params: Any) -> Any:
    """A task of a run whose own date is some days ago."""
    run = SimpleNamespace(logical_date=datetime.now(UTC) - timedelta(days=days_ago), run_after=None)
    usual = {"systems": ["tripica"], "dry_run": False, "business_date": None, "allow_past_date": False}
    task = SimpleNamespace(dag_id="billing_data_aggregator", get_dr_count=lambda **_: 1)
    return {"params": usual | params, "dag_run": run, "run_id": "first", "ti": task}


@pytest.fixture
def lock(monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse) -> RunLock:
    """The lock of an empty warehouse, which nobody holds."""
    monkeypatch.setenv("AIRFLOW_VAR_BILLING_DATA_AGGREGATOR_IDENTITY_ENERCITY", "ours")
    return RunLock(airflow_connection(monkeypatch, empty_warehouse), "enercity")


def test_a_task_of_a_system_that_the_run_does_not_select_is_skipped() -> None:
    with pytest.raises(AirflowSkipException, match="does not select the system 'bookings'"):
        enter_task("bookings", LOCK, context())


def test_a_task_of_a_dry_run_is_skipped() -> None:
    with pytest.raises(AirflowSkipException, match="a dry run changes nothing"):
        enter_task("tripica", LOCK, context(dry_run=True))


def test_a_task_that_is_cleared_days_later_does_not_file_todays_sources_under_its_day(lock: RunLock) -> None:
    with pytest.raises(AirflowFailException, match="is in the past, today is") as caught:
        enter_task("tripica", lock, context(days_ago=3))

    assert "'allow_past_date': true" in str(caught.value)
    assert "A retry cannot help: trigger a new run with" in str(caught.value)
    assert lock.holder() is None


@pytest.mark.parametrize("days_ago", [1, 2], ids=["once", "twice"])
def test_a_run_that_midnight_has_overtaken_goes_on_since_its_day_was_judged_when_it_began(
    lock: RunLock, days_ago: int
) -> None:
    chosen = (datetime.now(UTC) - timedelta(days=days_ago)).date().isoformat()
    lock.claim(context())

    enter_task("tripica", lock, context(days_ago=days_ago, business_date=chosen))


def test_a_run_that_was_chosen_for_yesterday_evening_can_be_cleared_after_midnight(lock: RunLock) -> None:
    chosen = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()

    enter_task("tripica", lock, context(business_date=chosen))


def test_a_connection_must_not_replace_the_settings_of_the_scripts_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    connection = {"conn_type": "postgres", "host": "127.0.0.1", "extra": {"options": "-c jit=on"}}
    monkeypatch.setenv("AIRFLOW_CONN_OCTOPUS", json.dumps(connection))

    with pytest.raises(AirflowFailException, match=r"expected no 'options' .*'octopus', found '-c jit=on'") as caught:
        prove_warehouse(Endpoints("octopus", "billing_s3", "exports", ""))

    assert "set BDA_SCRIPT_SESSION" in str(caught.value)
