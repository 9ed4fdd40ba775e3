"""The health check tells which right is missing on which schema, and the statement that gives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_aggregator.health.probes.warehouse import check_warehouse
from tests.support.health_target import health_target, rows
from tests.support.script_files import write_file
from tests.support.warehouse import Warehouse

ROLE = "billing_aggregator"


@pytest.mark.postgres_version
@pytest.mark.parametrize(
    ("damage", "check", "state", "what", "remedy"),
    [
        (
            f"revoke usage on schema bookkeeper_vault from {ROLE}",
            "read bookkeeper_vault",
            "failed",
            "usage is denied",
            f'grant usage on schema "bookkeeper_vault" to "{ROLE}"',
        ),
        (
            f"revoke select on datalake_vault.login, datalake_vault.product from {ROLE}",
            "read datalake_vault",
            "failed",
            "select is denied on login, product",
            f'grant select on all tables in schema "datalake_vault" to "{ROLE}"',
        ),
        (
            "drop table bookkeeper_vault.summaries cascade",
            "read bookkeeper_vault",
            "warning",
            "does not hold summaries",
            "load the source, or correct the scripts that name it",
        ),
        (
            "drop schema dunninglock_vault cascade",
            "read dunninglock_vault",
            "warning",
            "the schema does not exist",
            "load the source, or leave its system out: BDA_SYSTEMS",
        ),
        (
            "alter schema report_oibl owner to current_user",
            "write report_oibl",
            "failed",
            "usage is denied",
            f'alter schema "report_oibl" owner to "{ROLE}"',
        ),
        (
            f"alter schema report_oibl owner to current_user; grant usage on schema report_oibl to {ROLE}",
            "write report_oibl",
            "failed",
            "create is denied",
            f'alter schema "report_oibl" owner to "{ROLE}"',
        ),
        (
            "drop schema report_oibl_work",
            "write report_oibl_work",
            "failed",
            "does not exist",
            f'create schema "report_oibl_work" authorization "{ROLE}"',
        ),
    ],
)
def test_what_is_missing_has_the_statement_that_repairs_it(
    monkeypatch: pytest.MonkeyPatch,
    empty_warehouse: Warehouse,
    damage: str,
    check: str,
    state: str,
    what: str,
    remedy: str,
) -> None:
    target = health_target(monkeypatch, empty_warehouse.environment)
    empty_warehouse.execute(damage)

    findings = check_warehouse(target)

    assert rows(findings)[check] == (state, what, remedy)
    assert [finding.check for finding in findings if finding.state != "ok"] == [check]


def test_a_name_in_a_text_that_the_server_does_not_know_stops_no_run(
    monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse, tmp_path: Path
) -> None:
    text = "do $$ begin if false then insert into elsewhere.a select * from nowhere.b; end if; end $$"
    write_file(tmp_path, "init/old/010_build.sql", text)
    settings = {"BDA_SCRIPTS_DIR": str(tmp_path), "BDA_SYSTEMS": "old"}

    table = rows(check_warehouse(health_target(monkeypatch, empty_warehouse.environment | settings)))

    assert {name: row[0] for name, row in table.items() if row[0] != "ok"} == {
        "read nowhere": "warning",
        "write elsewhere": "warning",
    }


def test_a_result_that_belongs_to_another_role_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse
) -> None:
    empty_warehouse.execute("create table report_oibl.tripica_results ()")

    state, what, remedy = rows(check_warehouse(health_target(monkeypatch, empty_warehouse.environment)))[
        "write report_oibl"
    ]

    assert (state, what) == ("warning", "1 of its tables belong to another role, such as 'tripica_results'")
    assert remedy.startswith(f'alter table "report_oibl"."tripica_results" owner to "{ROLE}"')


def test_a_schema_that_the_role_may_create_need_not_be_there(
    monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse
) -> None:
    empty_warehouse.execute(f"drop schema report_oibl_work; grant create on database {empty_warehouse.name} to {ROLE}")

    table = rows(check_warehouse(health_target(monkeypatch, empty_warehouse.environment)))

    assert table["write report_oibl_work"] == ("ok", "does not exist yet; the role may create it", "")


def test_only_the_selected_systems_need_their_sources(
    monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse
) -> None:
    settings = {"BDA_SYSTEMS": "bookkeeper", "BDA_IGNORE_SYSTEMS": "customer"}
    empty_warehouse.execute("drop schema datalake_vault cascade")

    table = rows(check_warehouse(health_target(monkeypatch, empty_warehouse.environment | settings)))

    assert [name for name in table if name.startswith("read ")] == ["read bookkeeper_vault"]
    assert table["read bookkeeper_vault"][0] == "ok"
