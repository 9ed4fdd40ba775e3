"""The health check of the warehouse on a real server: what is well, and each thing that can be wrong with it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import replace

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from billing_aggregator.health.probes import warehouse
from billing_aggregator.health.probes.warehouse import check_warehouse
from tests.support.export_runner import wait_until
from tests.support.health_target import health_target, rows
from tests.support.warehouse import Warehouse

ROLE = "billing_aggregator"


def found(monkeypatch: pytest.MonkeyPatch, server: Warehouse, **settings: str) -> dict[str, tuple[str, str, str]]:
    """What the check finds under these settings."""
    return rows(check_warehouse(health_target(monkeypatch, server.environment | settings)))


@pytest.mark.postgres_version
def test_a_warehouse_that_is_well_has_nothing_but_ok(
    monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse
) -> None:
    table = found(monkeypatch, empty_warehouse)

    assert {state for state, _, _ in table.values()} == {"ok"}
    assert f"database '{empty_warehouse.name}', role '{ROLE}'" in table["warehouse"][1]
    assert table["writable"][1] == "the primary, read-write"
    assert table["read bookkeeper_vault"][1] == "select on 11 tables"
    assert table["write report_oibl_work"][1] == "create and usage"
    assert empty_warehouse.environment["BDA_DB_PASSWORD"] not in str(table)


def test_a_session_that_is_read_only_by_default_is_no_place_to_build(
    monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse
) -> None:
    empty_warehouse.execute(
        f"alter role {ROLE} in database {empty_warehouse.name} set default_transaction_read_only = on"
    )

    state, what, remedy = found(monkeypatch, empty_warehouse)["writable"]

    assert (state, what) == ("failed", "sessions are read-only by default (default_transaction_read_only)")
    assert "reset default_transaction_read_only" in remedy


def test_too_few_connections_are_a_warning_that_names_the_limit(
    monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse
) -> None:
    empty_warehouse.execute(f"alter database {empty_warehouse.name} connection limit 3")

    with closing(empty_warehouse.connect()):
        state, what, remedy = found(monkeypatch, empty_warehouse, BDA_DB_MAX_CONNS="4")["connections"]

    # The session that the role has already is one that its runs may have.
    assert (state, what) == ("warning", "3 for this role (limit of the database), BDA_DB_MAX_CONNS is 4")
    assert "raise the limit of the database, or lower BDA_DB_MAX_CONNS" in remedy


def test_a_question_that_takes_too_long_keeps_what_was_found_before(
    monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse
) -> None:
    monkeypatch.setattr(warehouse, "STATEMENT_TIMEOUT", "200ms")
    monkeypatch.setattr(warehouse, "CONNECTIONS", "select pg_sleep(60)")

    table = found(monkeypatch, empty_warehouse)

    assert list(table) == ["warehouse", "writable", "encryption", "clock", "answers"]
    assert table["answers"][:2] == ("failed", "canceling statement due to statement timeout")


def take_connection(warehouse: Warehouse, taken: list[Connection]) -> bool:
    with suppress(psycopg2.OperationalError):
        taken.append(warehouse.connect())
    return bool(taken)


def test_no_connection_left_is_a_failure(monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse) -> None:
    empty_warehouse.execute(f"alter database {empty_warehouse.name} connection limit 1")
    taken: list[Connection] = []
    # The session that has set the limit may still be leaving.
    wait_until(lambda: take_connection(empty_warehouse, taken))

    with closing(taken[0]):
        table = found(monkeypatch, empty_warehouse)

    assert list(table) == ["warehouse"]
    assert table["warehouse"][0] == "failed"
    assert "too many connections" in table["warehouse"][1]
    assert "raise the limit" in table["warehouse"][2]


@pytest.mark.parametrize(
    ("settings", "message", "remedy"),
    [
        ({"BDA_DB_PASSWORD": "not-the-password"}, "password authentication failed", "BDA_DB_PASSWORD"),
        ({"BDA_DB_NAME": "no_such_database"}, "does not exist", "correct the name of database"),
        ({"BDA_DB_HOST": "no-such-host.invalid"}, "no-such-host.invalid", "correct the host, BDA_DB_HOST"),
        ({"BDA_DB_PORT": "1"}, "refused", "security groups"),
        ({"BDA_ENVIRONMENT": "prod"}, "SSL", "switch TLS on at the server"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_warehouse_that_cannot_be_reached_says_why_and_what_to_do(
    monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse, settings: dict[str, str], message: str, remedy: str
) -> None:
    table = found(monkeypatch, empty_warehouse, **settings)

    assert list(table) == ["warehouse"]
    state, what, to_do = table["warehouse"]
    assert state == "failed"
    assert message in what
    assert remedy in to_do
    assert "not-the-password" not in str(table)


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port on which connections are taken and nothing is ever answered."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        yield server.getsockname()[1]


def test_a_server_that_does_not_answer_is_given_up_after_the_time_of_the_connection(
    monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse, silent_port: int
) -> None:
    target = health_target(monkeypatch, empty_warehouse.environment)
    monkeypatch.setenv("AIRFLOW_CONN_SILENT", f"postgres://user:pass@127.0.0.1:{silent_port}/octopus?connect_timeout=2")

    endpoints = replace(target.endpoints, sql_conn_id="silent")
    table = rows(check_warehouse(replace(target, endpoints=endpoints)))

    assert table["warehouse"][0] == "failed"
    assert "timeout" in table["warehouse"][1]


def test_a_connection_that_is_not_defined_names_the_setting_that_would_replace_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = rows(check_warehouse(health_target(monkeypatch, {})))

    state, what, remedy = table["warehouse"]
    assert (state, remedy) == ("failed", "define this connection in Airflow, or set BDA_DB_HOST")
    assert "octopus" in what


def test_traffic_in_plain_text_is_a_warning_but_on_the_same_machine(
    monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse
) -> None:
    target = health_target(monkeypatch, empty_warehouse.environment)

    state, what, remedy = rows(check_warehouse(replace(target, environment="prod")))["encryption"]

    assert state == "warning"
    assert what.startswith("none")
    assert "sslmode: require" in remedy


def test_the_rights_are_not_looked_at_where_the_scripts_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse, tmp_path: object
) -> None:
    table = found(monkeypatch, empty_warehouse, BDA_SCRIPTS_DIR=str(tmp_path))

    assert table["rights"][:2] == ("warning", "not looked at: the script tree cannot be read")
