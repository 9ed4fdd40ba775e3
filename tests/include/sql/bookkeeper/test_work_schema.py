"""The work schema: what the first script needs of it, and what cleanup leaves."""

from __future__ import annotations

import psycopg2
import pytest

from tests.include.sql.run_scripts import build_bookkeeper, read_table, run_stage
from tests.include.sql.source_rows import SourceRows
from tests.support.warehouse import Warehouse

LEFTOVERS = """
    select relname from pg_class where relnamespace = 'report_oibl_work'::regnamespace
    union all
    select proname from pg_proc where pronamespace = 'report_oibl_work'::regnamespace
"""


def _load_line(warehouse: Warehouse) -> None:
    rows = SourceRows()
    rows.booked_item()
    rows.load(warehouse)


def test_scripts_say_nothing_on_their_first_run(empty_warehouse: Warehouse) -> None:
    _load_line(empty_warehouse)

    runs = run_stage(empty_warehouse, "bookkeeper", "init")

    assert [run.notices for run in runs] == [()] * len(runs)


def test_missing_schemas_are_created_where_the_role_may(empty_warehouse: Warehouse) -> None:
    empty_warehouse.execute("drop schema report_oibl, report_oibl_work")
    empty_warehouse.execute(f"grant create on database {empty_warehouse.name} to billing_aggregator")
    _load_line(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    assert len(read_table(empty_warehouse, "bookkeeper_results")) == 1


def test_missing_schemas_are_named_where_the_role_may_not_create_them(empty_warehouse: Warehouse) -> None:
    empty_warehouse.execute("drop schema report_oibl, report_oibl_work")

    with pytest.raises(psycopg2.errors.InsufficientPrivilege) as caught:
        build_bookkeeper(empty_warehouse)

    expected = f'schema(s) report_oibl, report_oibl_work of database "{empty_warehouse.name}"'
    assert f'role "billing_aggregator" cannot create tables in {expected}' in str(caught.value)
    assert "create schema if not exists" in str(caught.value)


def test_schema_of_somebody_else_is_named(empty_warehouse: Warehouse) -> None:
    empty_warehouse.execute("alter schema report_oibl_work owner to current_user")

    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match=r"in schema\(s\) report_oibl_work of"):
        build_bookkeeper(empty_warehouse)


def test_cleanup_leaves_nothing_but_the_results(empty_warehouse: Warehouse) -> None:
    _load_line(empty_warehouse)
    build_bookkeeper(empty_warehouse)
    assert empty_warehouse.rows(LEFTOVERS) != []

    run_stage(empty_warehouse, "bookkeeper", "cleanup")

    assert empty_warehouse.rows(LEFTOVERS) == []
    assert len(read_table(empty_warehouse, "bookkeeper_results")) == 1


def test_cleanup_may_run_twice_and_before_anything_was_built(empty_warehouse: Warehouse) -> None:
    for _ in range(2):
        [run] = run_stage(empty_warehouse, "bookkeeper", "cleanup")
        assert run.notices == ()


def test_tables_of_other_systems_in_the_work_schema_stay(empty_warehouse: Warehouse) -> None:
    empty_warehouse.execute("create table report_oibl_work.other_table ()")
    _load_line(empty_warehouse)

    build_bookkeeper(empty_warehouse)
    run_stage(empty_warehouse, "bookkeeper", "cleanup")

    assert empty_warehouse.rows(LEFTOVERS) == [("other_table",)]
