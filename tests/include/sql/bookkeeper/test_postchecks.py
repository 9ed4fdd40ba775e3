"""The checks on bookkeeper's results: they pass on good results and find every kind of damage."""

from __future__ import annotations

import pytest

from tests.include.sql.run_scripts import build_bookkeeper, run_stage
from tests.include.sql.source_rows import SourceRows
from tests.support.warehouse import Warehouse

MALFORMED_AMOUNTS = ("119.00", "-1,00", "1.119,00", "119,0", ",50", "", "NaN", "119,00\n", "\n119,00")


@pytest.fixture
def warehouse(empty_warehouse: Warehouse) -> Warehouse:
    """A warehouse with results of every kind of line."""
    rows = SourceRows()
    exported = rows.entry(rows.summary(), id="FINAL")
    rows.item(exported)
    rows.source(rows.item(exported))
    source = rows.source(rows.item(exported))
    rows.source_item(source)
    rows.source_item(source, amount=None)
    item = rows.item(exported, amount=None)
    rows.tax(item)
    rows.tax_source(rows.tax(item))
    rows.tax_source_item(rows.tax_source(rows.tax(item)))
    draft = rows.item(rows.entry(rows.summary(export=False), id="DRAFT"))
    rows.source_item(rows.source(draft))
    rows.tax_source_item(rows.tax_source(rows.tax(draft)))
    rows.load(empty_warehouse)
    build_bookkeeper(empty_warehouse)
    return empty_warehouse


def _failed(warehouse: Warehouse) -> dict[str, str]:
    """The details of the checks that fail, by the column that is not true."""
    return {
        name: run.row["details"]
        for run in run_stage(warehouse, "bookkeeper", "postchecks")
        for name, value in run.row.items()
        if not value
    }


def test_good_results_pass(warehouse: Warehouse) -> None:
    assert _failed(warehouse) == {}


def test_empty_results_of_empty_sources_pass(empty_warehouse: Warehouse) -> None:
    build_bookkeeper(empty_warehouse)

    assert _failed(empty_warehouse) == {}


@pytest.mark.parametrize(
    ("table", "check"),
    [
        ("bookkeeper_results", "results_complete"),
        ("bookkeeper_tax_lines", "tax_lines_complete"),
        ("bookkeeper_document_headers", "document_headers_complete"),
    ],
)
def test_lost_and_doubled_rows_are_found(warehouse: Warehouse, table: str, check: str) -> None:
    warehouse.execute(f"create table saved as select * from report_oibl.{table}")
    warehouse.execute(f"delete from report_oibl.{table} where ctid = '(0,1)'")
    after_loss = _failed(warehouse)
    warehouse.execute(f"truncate report_oibl.{table}; insert into report_oibl.{table} select * from saved")
    warehouse.execute(f"insert into report_oibl.{table} select * from saved limit 1")
    after_doubling = _failed(warehouse)

    assert check in after_loss
    assert list(after_doubling) == [check]


def test_row_counts_are_shown(warehouse: Warehouse) -> None:
    warehouse.execute("truncate report_oibl.bookkeeper_results")

    details = _failed(warehouse)["results_complete"]

    assert details.startswith("expected 5 results, 2 tax lines, 1 document headers; found 0, 2, 1 ")


def test_a_repeated_uuid_in_the_sources_multiplies_its_rows_and_is_expected_to(warehouse: Warehouse) -> None:
    warehouse.execute("""
        insert into bookkeeper_vault.summaries select * from bookkeeper_vault.summaries where export;
    """)
    build_bookkeeper(warehouse)

    assert warehouse.rows("select count(*) from report_oibl.bookkeeper_results") == [(10,)]
    assert _failed(warehouse) == {}


@pytest.mark.parametrize(("table", "count"), [("bookkeeper_results", 5), ("bookkeeper_tax_lines", 2)])
def test_unknown_side_is_found(warehouse: Warehouse, table: str, count: int) -> None:
    for side, shown in (("'60'", "'60'"), ("''", "''"), ("null", "NULL")):
        warehouse.execute(f"update report_oibl.{table} set newbs = {side}")
        lines = f"{count} of 7 lines have a side other than 40 and 50"

        [(check, details)] = _failed(warehouse).items()
        assert check == "only_known_sides"
        assert details.startswith(f"{lines}, e.g. {shown} in {table} of document 'FINAL'; ")


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("bookkeeper_results", "wrbed_aggregate"),
        ("bookkeeper_results", "wrbed_total"),
        ("bookkeeper_tax_lines", "wrbed"),
        ("bookkeeper_tax_lines", "fwbas"),
    ],
)
def test_malformed_amount_is_found(warehouse: Warehouse, table: str, column: str) -> None:
    for amount in MALFORMED_AMOUNTS:
        warehouse.execute(f"update report_oibl.{table} set {column} = '{amount}'")
        details = _failed(warehouse)["amounts_well_formed"]

        assert details.endswith(f"amounts do not look like 1234,56, e.g. '{amount}' in {table} of document 'FINAL'")


@pytest.mark.parametrize(
    ("table", "column", "example"),
    [
        ("bookkeeper_results", "xblnr", "'DRAFT' posted on 2024-03-04"),
        ("bookkeeper_document_headers", "xbelnr", "'DRAFT' posted on 2024-03-04"),
        ("bookkeeper_tax_lines", "xblnr", "'DRAFT' in bookkeeper_tax_lines"),
    ],
)
def test_row_of_a_draft_is_found(warehouse: Warehouse, table: str, column: str, example: str) -> None:
    warehouse.execute(f"update report_oibl.{table} set {column} = 'DRAFT' where ctid = '(0,1)'")

    [(check, details)] = _failed(warehouse).items()
    assert check == "only_exported_documents"
    assert details.endswith(f"; 1 documents are not of an exported summary, e.g. {example}")
