"""bookkeeper_results: which rows the sources give, and every column of a row."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from tests.include.sql.run_scripts import build_bookkeeper, read_table
from tests.include.sql.source_rows import SourceRows
from tests.support.warehouse import Warehouse

MISSING = UUID(int=999)

EXPECTED_ROW = {
    "booking_execution_id": -1,
    "booking_created": date(2024, 3, 5),
    "booking_src": "bbseg",
    "key": "",
    "ba": "ED",
    "budat": date(2024, 3, 4),
    "bukrs": "100",
    "beldat": date(2024, 3, 5),
    "aufnr": "A-77",
    "gsber": "0100",
    "kostl": "/",
    "newbk": "/",
    "prced": "/",
    "sgtxt": "/",
    "vbund": "/",
    "zterm": "/",
    "zuonr": "/",
    "psegment": "/",
    "mwskz": "1A",
    "newbs": "50",
    "newko": "40000001",
    "wrbed_aggregate": "119,00",
    "wrbed_total": "357,00",
    "xblnr": "BR_TRPC-000001",
    "xstba": "X",
    "aggregate_id": "AGG-1",
    "amount_calculation": "TaxIncludedAmount",
    "tax_aggregate_ouid": 4711,
}


@pytest.fixture
def rows() -> SourceRows:
    """No rows yet."""
    return SourceRows()


def test_line_with_all_its_sources_fills_every_column(empty_warehouse: Warehouse, rows: SourceRows) -> None:
    item = rows.booked_item(account="40000001", amount=-35700)
    for key, value in {"aufnr": "A-77", "gsber": "0100", "mwskz": "1A"}.items():
        rows.tag(item, key, value)
    rows.source_item(
        rows.source(item),
        transaction_items_uuid=rows.transaction_item("AGG-1"),
        transaction_item_taxes_uuid=rows.transaction_item_tax("4711"),
        amount=-11900,
        amount_formula="TaxIncludedAmount",
        tax_index=0,
    )
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    assert read_table(empty_warehouse, "bookkeeper_results") == [EXPECTED_ROW]


def test_columns_have_the_documented_order_and_types(empty_warehouse: Warehouse, rows: SourceRows) -> None:
    build_bookkeeper(empty_warehouse)

    columns = empty_warehouse.rows(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = 'report_oibl.bookkeeper_results'::regclass and attnum > 0 order by attnum"
    )
    types = {"booking_execution_id": "integer", "tax_aggregate_ouid": "bigint"}
    types |= dict.fromkeys(("booking_created", "budat", "beldat"), "date")
    types |= dict.fromkeys(("newko", "xblnr", "aggregate_id", "amount_calculation"), "character varying")
    assert columns == [(name, types.get(name, "text")) for name in EXPECTED_ROW]


def test_every_source_item_of_every_source_gives_a_row(empty_warehouse: Warehouse, rows: SourceRows) -> None:
    item = rows.booked_item(amount=60000)
    for amounts in ((10000, 20000), (30000,)):
        source = rows.source(item)
        for amount in amounts:
            rows.source_item(source, amount=amount)
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    found = read_table(empty_warehouse, "bookkeeper_results")
    assert sorted(row["wrbed_aggregate"] for row in found) == ["100,00", "200,00", "300,00"]
    assert {row["wrbed_total"] for row in found} == {"600,00"}


def test_equal_source_items_give_equal_rows(empty_warehouse: Warehouse, rows: SourceRows) -> None:
    source = rows.source(rows.booked_item())
    rows.source_item(source)
    rows.source_item(source)
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    first, second = read_table(empty_warehouse, "bookkeeper_results")
    assert first == second


@pytest.mark.parametrize("has_source", [False, True], ids=["no source", "source without items"])
def test_line_without_source_items_gives_one_row_without_aggregate(
    empty_warehouse: Warehouse, rows: SourceRows, has_source: bool
) -> None:
    item = rows.booked_item(amount=11900)
    if has_source:
        rows.source(item)
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    [row] = read_table(empty_warehouse, "bookkeeper_results")
    empty = ("aggregate_id", "amount_calculation", "tax_aggregate_ouid", "wrbed_aggregate")
    assert {name: row[name] for name in empty} == dict.fromkeys(empty)
    assert (row["wrbed_total"], row["xstba"]) == ("119,00", "/")


def test_reference_to_a_missing_transaction_keeps_the_row(empty_warehouse: Warehouse, rows: SourceRows) -> None:
    source = rows.source(rows.booked_item())
    rows.source_item(source, transaction_items_uuid=MISSING, transaction_item_taxes_uuid=MISSING)
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    [row] = read_table(empty_warehouse, "bookkeeper_results")
    assert (row["aggregate_id"], row["tax_aggregate_ouid"]) == (None, None)
    assert row["wrbed_aggregate"] == "119,00"


@pytest.mark.parametrize(("tax_index", "mark"), [(None, "/"), (0, "X"), (3, "X")])
def test_source_item_with_tax_index_is_marked(
    empty_warehouse: Warehouse, rows: SourceRows, tax_index: int | None, mark: str
) -> None:
    rows.source_item(rows.source(rows.booked_item()), tax_index=tax_index)
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    [row] = read_table(empty_warehouse, "bookkeeper_results")
    assert row["xstba"] == mark


@pytest.mark.parametrize("export", [False, None])
def test_summary_that_is_not_exported_gives_no_row(
    empty_warehouse: Warehouse, rows: SourceRows, export: bool | None
) -> None:
    rows.item(rows.entry(rows.summary(export=export), id="DRAFT"))
    rows.item(rows.entry(rows.summary(export=True), id="FINAL"))
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    assert [row["xblnr"] for row in read_table(empty_warehouse, "bookkeeper_results")] == ["FINAL"]


def test_orphans_give_no_row(empty_warehouse: Warehouse, rows: SourceRows) -> None:
    rows.item(rows.entry(MISSING))
    rows.item(MISSING)
    rows.source_item(MISSING)
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    assert read_table(empty_warehouse, "bookkeeper_results") == []


def test_rows_are_stored_by_document_and_line_whatever_the_order_of_the_sources(
    empty_warehouse: Warehouse, rows: SourceRows
) -> None:
    summary = rows.summary()
    for number in ("BR_TRPC-2", "br_trpc-1", "BR_TRPC-10", "BR_TRPC-1"):
        entry = rows.entry(summary, id=number)
        for amount in (300, 100, 200):
            source = rows.source(rows.item(entry, amount=amount))
            rows.source_item(source, amount_formula="VAT")
            rows.source_item(source, amount_formula="GASTAX")
    rows.load(empty_warehouse)
    build_bookkeeper(empty_warehouse)
    forwards = read_table(empty_warehouse, "bookkeeper_results")
    rows.load(empty_warehouse, backwards=True)

    build_bookkeeper(empty_warehouse)

    assert read_table(empty_warehouse, "bookkeeper_results") == forwards
    documents = list(dict.fromkeys(row["xblnr"] for row in forwards))
    assert documents == ["BR_TRPC-1", "BR_TRPC-10", "BR_TRPC-2", "br_trpc-1"]
