"""How a new result takes the place of the old one."""

from __future__ import annotations

from contextlib import closing

import psycopg2
import pytest

from tests.include.sql.run_scripts import read_system, read_table, run_stage
from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse


def with_charge(ouid: int) -> LedgerRows:
    rows = LedgerRows()
    rows.charge(ouid=ouid)
    return rows


def test_second_run_gives_the_same_rows_in_the_same_order(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    for _ in range(5):
        rows.charge(aggregateid="A1")
    rows.booking("A1")
    first = build(warehouse, rows).rows
    assert build(warehouse).rows == first
    assert len(first) == 10


def test_run_after_a_failure_in_between_gives_the_same_rows(warehouse: Warehouse) -> None:
    first = build(warehouse, with_charge(12)).rows
    run_stage(warehouse, "tripica", "init", before="400")
    assert build(warehouse).rows == first


def test_old_result_is_readable_until_the_new_one_is_published(warehouse: Warehouse) -> None:
    build(warehouse, with_charge(12))
    warehouse.execute("delete from datalake_vault.applied_billing_charge")
    run_stage(warehouse, "tripica", "init", before="900")
    assert [row["applied_billing_charge_ouid"] for row in read_table(warehouse, "tripica_results")] == ["12"]
    assert len(read_table(warehouse, "oibl_customer")) == 1
    build(warehouse)
    assert read_table(warehouse, "oibl_customer") == []


def test_failed_publication_leaves_the_old_result_whole(warehouse: Warehouse) -> None:
    build(warehouse, with_charge(12))
    warehouse.execute(
        "create function fail() returns event_trigger language plpgsql as"
        " $$ begin raise exception 'no views today'; end $$;"
        " create event trigger no_views on ddl_command_start when tag in ('CREATE VIEW') execute function fail();"
    )
    with pytest.raises(psycopg2.errors.RaiseException, match="no views today"):
        build(warehouse)
    assert len(read_table(warehouse, "oibl_customer")) == 1
    warehouse.execute("drop event trigger no_views")
    assert len(build(warehouse).rows) == 1


def test_publishing_again_without_a_new_result_changes_nothing(warehouse: Warehouse) -> None:
    build(warehouse, with_charge(12))
    run_stage(warehouse, "tripica", "cleanup")
    script = next(script for script in read_system("tripica").stage("init") if script.name.startswith("900"))
    with closing(warehouse.connect()) as connection, connection, connection.cursor() as cursor:
        cursor.execute(script.text)
    assert len(read_table(warehouse, "tripica_results")) == 1


def test_privileges_of_other_roles_survive(warehouse: Warehouse) -> None:
    build(warehouse)
    warehouse.execute(
        "create role \"Group; 'of' readers\"; "
        "grant select on report_oibl.tripica_results, report_oibl.oibl_customer to \"Group; 'of' readers\";"
        " grant select on report_oibl.oibl_customer to public"
    )
    try:
        before = privileges(warehouse)
        build(warehouse)
        assert privileges(warehouse) == before
        assert any("Group" in entry for _, entry in before)
    finally:
        warehouse.execute("drop owned by \"Group; 'of' readers\"; drop role \"Group; 'of' readers\"")


def test_views_on_the_old_result_are_dropped_and_named(warehouse: Warehouse) -> None:
    build(warehouse)
    warehouse.execute("create view public.mine as select cba from report_oibl.oibl_customer")
    notices = build(warehouse).notices
    assert any("WARNING:  dropped with the old result, to be created again by their owners: mine" in n for n in notices)


def test_view_of_the_replaced_service_is_replaced(warehouse: Warehouse) -> None:
    warehouse.execute(
        "set role billing_aggregator; create table report_oibl.oibl_tripica (cba text);"
        " create view report_oibl.oibl_customer as select cba from report_oibl.oibl_tripica"
    )
    build(warehouse, with_charge(12))
    assert len(read_table(warehouse, "oibl_customer")) == 1


def test_missing_schema_is_created_only_if_the_role_may(warehouse: Warehouse) -> None:
    warehouse.execute("drop schema report_oibl_work cascade")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        build(warehouse)
    warehouse.execute(f"grant create on database {warehouse.name} to billing_aggregator")
    assert build(warehouse).rows == []


def test_schema_of_somebody_else_says_what_to_do(warehouse: Warehouse) -> None:
    warehouse.execute("alter schema report_oibl_work owner to postgres")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege) as caught:
        build(warehouse)
    assert 'role "billing_aggregator" cannot create tables in schema(s) report_oibl_work of' in str(caught.value)
    assert caught.value.diag.message_hint == (
        "As the owner of the database run for each: create schema if not exists <schema>;"
        " grant usage, create on schema <schema> to billing_aggregator;"
    )


def privileges(warehouse: Warehouse) -> list[tuple[str, str]]:
    return warehouse.rows(
        "select relname::text, entry::text from pg_class, unnest(relacl) as entry"
        " where relname in ('tripica_results', 'oibl_customer') order by 1, 2"
    )
