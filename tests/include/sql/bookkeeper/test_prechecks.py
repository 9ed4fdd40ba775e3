"""The checks before bookkeeper touches anything: readable sources and something to export."""

from __future__ import annotations

import pytest

from tests.include.sql.run_scripts import ScriptRun, run_check
from tests.include.sql.source_rows import SourceRows
from tests.support.warehouse import Warehouse


def _check_sources(warehouse: Warehouse) -> ScriptRun:
    return run_check(warehouse, "prechecks/bookkeeper/010_check_source_tables.sql")


def _check_summaries(warehouse: Warehouse) -> ScriptRun:
    return run_check(warehouse, "prechecks/bookkeeper/020_check_exported_summaries.sql")


def test_complete_sources_pass(empty_warehouse: Warehouse) -> None:
    run = _check_sources(empty_warehouse)

    assert run.passed
    assert run.row["details"] == "0 of 11 tables of bookkeeper_vault cannot be read by role billing_aggregator"


def test_everything_wrong_with_the_sources_is_listed(empty_warehouse: Warehouse) -> None:
    empty_warehouse.execute("""
        drop table bookkeeper_vault.summaries;
        revoke select on bookkeeper_vault.journal_entries from billing_aggregator;
        alter table bookkeeper_vault.transaction_items rename column external_reference to reference;
    """)

    run = _check_sources(empty_warehouse)

    assert run.row == {
        "source_tables_readable": False,
        "details": "3 of 11 tables of bookkeeper_vault cannot be read by role billing_aggregator: "
        "journal_entries is not readable; summaries is missing; "
        "transaction_items is without column external_reference",
    }


def test_column_without_select_right_is_found(empty_warehouse: Warehouse) -> None:
    empty_warehouse.execute("""
        revoke select on bookkeeper_vault.summaries from billing_aggregator;
        grant select (uuid, create_time, export) on bookkeeper_vault.summaries to billing_aggregator;
    """)

    run = _check_sources(empty_warehouse)

    assert not run.passed
    assert run.row["details"].endswith(": summaries is not readable")


def test_schema_without_usage_right_is_found(empty_warehouse: Warehouse) -> None:
    empty_warehouse.execute("revoke usage on schema bookkeeper_vault from billing_aggregator")

    run = _check_sources(empty_warehouse)

    assert not run.passed
    assert run.row["details"].startswith("11 of 11 tables of bookkeeper_vault cannot be read")


def test_missing_schema_is_found(empty_warehouse: Warehouse) -> None:
    empty_warehouse.execute("drop schema bookkeeper_vault cascade")

    run = _check_sources(empty_warehouse)

    assert not run.passed
    assert "summaries is missing" in run.row["details"]


def test_views_may_stand_in_for_tables(empty_warehouse: Warehouse) -> None:
    empty_warehouse.execute("""
        alter table bookkeeper_vault.summaries rename to all_summaries;
        create view bookkeeper_vault.summaries as select * from bookkeeper_vault.all_summaries;
        grant select on bookkeeper_vault.summaries to billing_aggregator;
    """)

    assert _check_sources(empty_warehouse).passed


@pytest.mark.parametrize(
    ("exports", "passed", "details"),
    [
        ([], False, "0 of 0 rows of bookkeeper_vault.summaries have export = true"),
        ([False, None], False, "0 of 2 rows of bookkeeper_vault.summaries have export = true"),
        ([False, True], True, "1 of 2 rows of bookkeeper_vault.summaries have export = true"),
    ],
)
def test_at_least_one_summary_must_be_exported(
    empty_warehouse: Warehouse, exports: list[bool | None], passed: bool, details: str
) -> None:
    rows = SourceRows()
    for export in exports:
        rows.summary(export=export)
    rows.load(empty_warehouse)

    run = _check_summaries(empty_warehouse)

    assert (run.passed, run.row["details"]) == (passed, details)
