"""The steps of `datenbankverbindung.feature`: a warehouse that answers late, never, or breaks off."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
from airflow.sdk import DAG
from pytest_bdd import given, parsers, scenarios, then

from tests.features.daily_run import DailyRun
from tests.support.script_files import write_file
from tests.support.warehouse import Warehouse

scenarios("datenbankverbindung.feature")

LIMIT = "alter role billing_aggregator connection limit {}"
# A sequence does not take part in transactions: it remembers the first run of the script, which is rolled back.
BREAK_OFF = """
do $$ begin
    if nextval('report_oibl.runs') = 1 then
        perform pg_terminate_backend(pg_backend_pid());
    end if;
end $$;
"""


@pytest.fixture
def role_without_connections(empty_warehouse: Warehouse) -> Iterator[Warehouse]:
    """The warehouse, whose role may open no connection until its limit is lifted."""
    empty_warehouse.execute(LIMIT.format(0))
    yield empty_warehouse
    empty_warehouse.execute(LIMIT.format(-1))


@given("das Warehouse nimmt Verbindungen erst nach dem ersten Versuch wieder an")
def warehouse_answers_at_the_second_attempt(daily: DailyRun, role_without_connections: Warehouse) -> None:
    def lift_limit_on_retry(dag: DAG) -> None:
        dag.get_task("preflight").on_retry_callback = [lambda _: role_without_connections.execute(LIMIT.format(-1))]

    daily.prepare = lift_limit_on_retry


@given("das Warehouse ist nicht erreichbar")
def warehouse_is_away(daily: DailyRun) -> None:
    with closing(socket.socket()) as reserved:
        reserved.bind(("127.0.0.1", 0))
        daily.settings["BDA_DB_PORT"] = str(reserved.getsockname()[1])


@given(parsers.parse('die Verbindung bricht beim ersten Lauf des Skripts "{path}" ab'))
def connection_breaks_off(daily: DailyRun, path: str) -> None:
    daily.runner.warehouse.execute("create sequence report_oibl.runs; grant all on report_oibl.runs to public")
    script = (daily.runner.scripts / path).read_text("utf-8")
    write_file(daily.runner.scripts, path, script + BREAK_OFF)


@then(parsers.parse("Airflow sollte höchstens {tasks:d} Aufgaben des Laufs zugleich starten"))
def tasks_at_once(daily: DailyRun, tasks: int) -> None:
    assert daily.dag.max_active_tasks == tasks
