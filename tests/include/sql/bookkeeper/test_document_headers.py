"""bookkeeper_document_headers: one row per document of an exported booking run."""

from __future__ import annotations

from datetime import date

import pytest

from tests.include.sql.run_scripts import build_bookkeeper, read_table
from tests.include.sql.source_rows import SourceRows
from tests.support.warehouse import Warehouse


def test_every_document_has_a_header_even_without_lines(empty_warehouse: Warehouse) -> None:
    rows = SourceRows()
    summary = rows.summary()
    with_lines = rows.entry(summary, id="BR_TRPC-000002", date="2024-03-04")
    rows.item(with_lines)
    rows.item(with_lines)
    rows.entry(summary, id="BR_CANC-000001", date="2024-03-05")
    rows.entry(summary, id="BR_TRPC-000001", date=None)
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    assert read_table(empty_warehouse, "bookkeeper_document_headers") == [
        {"budat": date(2024, 3, 5), "xbelnr": "BR_CANC-000001"},
        {"budat": None, "xbelnr": "BR_TRPC-000001"},
        {"budat": date(2024, 3, 4), "xbelnr": "BR_TRPC-000002"},
    ]


def test_number_used_by_two_documents_has_two_headers(empty_warehouse: Warehouse) -> None:
    rows = SourceRows()
    rows.entry(rows.summary(), id="BR_TRPC-000001", date="2024-04-01")
    rows.entry(rows.summary(), id="BR_TRPC-000001", date="2024-03-01")
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    dates = [row["budat"] for row in read_table(empty_warehouse, "bookkeeper_document_headers")]
    assert dates == [date(2024, 3, 1), date(2024, 4, 1)]


@pytest.mark.parametrize("export", [False, None])
def test_summary_that_is_not_exported_gives_no_header(empty_warehouse: Warehouse, export: bool | None) -> None:
    rows = SourceRows()
    rows.entry(rows.summary(export=export))
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    assert read_table(empty_warehouse, "bookkeeper_document_headers") == []


def test_columns_have_the_documented_order_and_types(empty_warehouse: Warehouse) -> None:
    build_bookkeeper(empty_warehouse)

    columns = empty_warehouse.rows(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = 'report_oibl.bookkeeper_document_headers'::regclass and attnum > 0 order by attnum"
    )
    assert columns == [("budat", "date"), ("xbelnr", "character varying")]
