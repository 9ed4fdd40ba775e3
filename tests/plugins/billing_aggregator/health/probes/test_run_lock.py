"""The health check says who holds the lock of the warehouse, and takes it from nobody."""

from __future__ import annotations

import pytest

from billing_aggregator.health.probes.run_lock import check_run_lock
from billing_aggregator.run.tables import CREATE_LOCK, CREATE_SCHEMA
from tests.support.health_target import health_target, rows
from tests.support.warehouse import Warehouse

HELD = """
insert into report_oibl_work.run_lock values
(true, 'x', 'enercity', 'billing_data_aggregator', 'manual__1', 'here', now() - interval '{age}')
"""


def lock(monkeypatch: pytest.MonkeyPatch, warehouse: Warehouse, **settings: str) -> tuple[str, str, str]:
    """What the check finds."""
    return rows(check_run_lock(health_target(monkeypatch, warehouse.environment | settings)))["run lock"]


def test_a_lock_that_nobody_holds_is_free(monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse) -> None:
    assert lock(monkeypatch, empty_warehouse) == ("ok", "free: no run is building", "")


@pytest.mark.parametrize(("age", "state"), [("1 minute", "ok"), ("4 hours", "warning")])
def test_the_holder_is_named_and_keeps_the_lock(
    monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse, age: str, state: str
) -> None:
    empty_warehouse.execute(f"set role billing_aggregator; {CREATE_SCHEMA}; {CREATE_LOCK}; {HELD.format(age=age)}")

    found = lock(monkeypatch, empty_warehouse)

    assert found[0] == state
    assert "held by run 'manual__1' of DAG 'billing_data_aggregator' (client 'enercity'" in found[1]
    assert empty_warehouse.rows("select run_id from report_oibl_work.run_lock") == [("manual__1",)]


def test_a_lock_that_may_not_be_read_is_a_failure(monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse) -> None:
    empty_warehouse.execute(f"{CREATE_SCHEMA}; {CREATE_LOCK}")

    state, what, remedy = lock(monkeypatch, empty_warehouse)

    assert state == "failed"
    assert "permission denied" in what
    assert "report_oibl_work.run_lock" in remedy


def test_a_warehouse_that_is_down_is_a_failure(monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse) -> None:
    assert lock(monkeypatch, empty_warehouse, BDA_DB_PORT="1")[0] == "failed"
