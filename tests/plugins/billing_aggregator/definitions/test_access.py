"""Roles may see and trigger the DAGs of their client."""

from __future__ import annotations

from billing_aggregator.definitions.access import access_control


def test_each_role_may_read_and_trigger() -> None:
    may = {"DAGs": {"can_read", "can_edit"}, "DAG Runs": {"can_create"}}

    assert access_control(["Enercity", "Audit"]) == {"Enercity": may, "Audit": may}


def test_without_roles_nobody_gets_more_than_before() -> None:
    assert access_control([]) is None
