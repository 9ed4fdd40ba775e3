"""bookkeeper_tax_lines: which rows the sources give, and every column of a row."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from tests.include.sql.run_scripts import build_bookkeeper, read_table
from tests.include.sql.source_rows import SourceRows
from tests.support.warehouse import Warehouse

EXPECTED_ROW = {
    "bbtax_booking_execution_id": -1,
    "bbtax_booking_created": date(2024, 3, 5),
    "mwskz": "1A",
    "newbs": "50",
    "newko": "76100030",
    "xblnr": "BR_TRPC-000001",
    "wrbed": "19,00",
    "fwbas": "100,00",
    "aggregate_id": "AGG-1",
    "amount_calculation": "vat.Amount",
    "key": "/",
    "aufnr": "/",
    "gsber": "/",
    "kostl": "/",
    "newbk": "/",
    "prced": "/",
    "sgtxt": "/",
    "vbund": "/",
    "xstba": "/",
    "zterm": "/",
    "zuonr": "/",
    "psegment": "/",
}


@pytest.fixture
def rows() -> SourceRows:
    """No rows yet."""
    return SourceRows()


def test_tax_line_with_all_its_sources_fills_every_column(empty_warehouse: Warehouse, rows: SourceRows) -> None:
    item = rows.booked_item(amount=11900)
    for key, value in {"aufnr": "A-77", "gsber": "0100", "mwskz": "1A"}.items():
        rows.tag(item, key, value)
    rows.tax_source_item(
        rows.tax_source(rows.tax(item, amount=-1900)),
        transaction_items_uuid=rows.transaction_item("AGG-1"),
        amount=-1900,
        base_amount=-10000,
        amount_formula="vat.Amount",
    )
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    assert read_table(empty_warehouse, "bookkeeper_tax_lines") == [EXPECTED_ROW]


def test_columns_have_the_documented_order_and_types(empty_warehouse: Warehouse) -> None:
    build_bookkeeper(empty_warehouse)

    columns = empty_warehouse.rows(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = 'report_oibl.bookkeeper_tax_lines'::regclass and attnum > 0 order by attnum"
    )
    types = {"bbtax_booking_execution_id": "integer", "bbtax_booking_created": "date"}
    types |= dict.fromkeys(("xblnr", "aggregate_id", "amount_calculation"), "character varying")
    types |= {"newko": "character varying(20)"}
    assert columns == [(name, types.get(name, "text")) for name in EXPECTED_ROW]


def test_every_item_of_every_source_of_every_tax_gives_a_row(empty_warehouse: Warehouse, rows: SourceRows) -> None:
    item = rows.booked_item()
    for amounts in ((100, 200), (300,)):
        tax = rows.tax(item)
        for amount in amounts:
            source = rows.tax_source(tax)
            rows.tax_source_item(source, amount=amount)
            rows.tax_source_item(source, amount=amount + 1)
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    texts = [row["wrbed"] for row in read_table(empty_warehouse, "bookkeeper_tax_lines")]
    assert sorted(texts) == ["1,00", "1,01", "2,00", "2,01", "3,00", "3,01"]


def test_tax_line_without_source_gives_no_row(empty_warehouse: Warehouse, rows: SourceRows) -> None:
    rows.tax(rows.booked_item())
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    assert read_table(empty_warehouse, "bookkeeper_tax_lines") == []


def test_tax_source_without_items_gives_one_row_without_amounts(empty_warehouse: Warehouse, rows: SourceRows) -> None:
    rows.tax_source(rows.tax(rows.booked_item()))
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    [row] = read_table(empty_warehouse, "bookkeeper_tax_lines")
    empty = ("wrbed", "fwbas", "aggregate_id", "amount_calculation")
    assert {name: row[name] for name in empty} == dict.fromkeys(empty)


def test_reference_to_a_missing_transaction_keeps_the_row(empty_warehouse: Warehouse, rows: SourceRows) -> None:
    source = rows.tax_source(rows.tax(rows.booked_item()))
    rows.tax_source_item(source, transaction_items_uuid=UUID(int=999))
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    [row] = read_table(empty_warehouse, "bookkeeper_tax_lines")
    assert (row["aggregate_id"], row["wrbed"]) == (None, "19,00")


@pytest.mark.parametrize("export", [False, None])
def test_summary_that_is_not_exported_gives_no_row(
    empty_warehouse: Warehouse, rows: SourceRows, export: bool | None
) -> None:
    rows.tax_source(rows.tax(rows.item(rows.entry(rows.summary(export=export)))))
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    assert read_table(empty_warehouse, "bookkeeper_tax_lines") == []


def test_rows_are_stored_by_document_whatever_the_order_of_the_sources(
    empty_warehouse: Warehouse, rows: SourceRows
) -> None:
    summary = rows.summary()
    for number in ("BR_TRPC-2", "BR_TRPC-10", "BR_TRPC-1"):
        source = rows.tax_source(rows.tax(rows.item(rows.entry(summary, id=number))))
        for amount in (300, 100, 200):
            rows.tax_source_item(source, amount=amount)
    rows.load(empty_warehouse)
    build_bookkeeper(empty_warehouse)
    forwards = read_table(empty_warehouse, "bookkeeper_tax_lines")
    rows.load(empty_warehouse, backwards=True)

    build_bookkeeper(empty_warehouse)

    assert read_table(empty_warehouse, "bookkeeper_tax_lines") == forwards
    assert list(dict.fromkeys(row["xblnr"] for row in forwards)) == ["BR_TRPC-1", "BR_TRPC-10", "BR_TRPC-2"]
