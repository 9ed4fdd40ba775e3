"""The settings that every script's session starts with."""

from __future__ import annotations

from contextlib import closing

import psycopg2

from billing_aggregator.scripts.session import SESSION_OPTIONS, SESSION_SETTINGS, session_options
from tests.support.repository import REPO
from tests.support.warehouse import Warehouse


def test_a_session_of_the_pipelines_role_has_every_setting(empty_warehouse: Warehouse) -> None:
    with (
        closing(psycopg2.connect(empty_warehouse.dsn, options=SESSION_OPTIONS)) as connection,
        connection.cursor() as cursor,
    ):
        found = {}
        for name in SESSION_SETTINGS:
            cursor.execute(f"show {name}")
            (found[name],) = cursor.fetchone() or ("",)
    assert found == SESSION_SETTINGS


def test_a_deployment_replaces_and_adds_settings(empty_warehouse: Warehouse) -> None:
    options = session_options({"work_mem": "1MB", "application_name": "a b \\ c"})

    with closing(psycopg2.connect(empty_warehouse.dsn, options=options)) as connection, connection.cursor() as cursor:
        found = []
        for name in ("work_mem", "application_name", "jit"):
            cursor.execute(f"show {name}")
            found += cursor.fetchone() or ()
    assert found == ["1MB", "a b \\ c", "off"]


def test_the_contract_of_the_scripts_shows_the_settings() -> None:
    contract = (REPO / "include" / "sql" / "README.md").read_text(encoding="utf-8")
    for name, value in SESSION_SETTINGS.items():
        (row,) = [line for line in contract.splitlines() if line.startswith("| `") and f"`{name}`" in line]
        assert f"`{value}`" in row


def test_no_script_repeats_a_setting_of_the_session() -> None:
    scripts = (REPO / "include" / "sql").rglob("*.sql")
    repeated = [
        f"{path.name}: {name}"
        for path in scripts
        for name, value in SESSION_SETTINGS.items()
        if f"set local {name} = {value};" in path.read_text(encoding="utf-8")
    ]
    assert repeated == []
