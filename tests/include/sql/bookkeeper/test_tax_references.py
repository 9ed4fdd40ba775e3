"""References to tripica's tax aggregates: numbers as text, and what becomes of other texts."""

from __future__ import annotations

from tests.include.sql.run_scripts import build_bookkeeper, read_table, run_stage
from tests.include.sql.source_rows import SourceRows
from tests.support.warehouse import Warehouse

OUIDS = {
    "4711": 4711,
    "-1": -1,
    "+12": 12,
    " 012\n": 12,
    "9223372036854775807": 9223372036854775807,
    "-9223372036854775808": -9223372036854775808,
    **dict.fromkeys(("", " ", "-", "1.5", "1e3", "0x10", "1_000", "12 34", "AGG-12", "²")),
    "9223372036854775808": None,
    "9" * 200: None,
    None: None,
}


def _load(warehouse: Warehouse, *references: str | None) -> None:
    rows = SourceRows()
    entry = rows.entry(rows.summary())
    for reference in references:
        tax = rows.transaction_item_tax(reference)
        rows.source_item(rows.source(rows.item(entry)), transaction_item_taxes_uuid=tax)
    rows.load(warehouse)


def _notices(warehouse: Warehouse) -> list[str]:
    return [notice for run in run_stage(warehouse, "bookkeeper", "init") for notice in run.notices]


def test_reference_counts_only_as_a_whole_number(empty_warehouse: Warehouse) -> None:
    _load(empty_warehouse, *OUIDS)

    build_bookkeeper(empty_warehouse)

    found = [row["tax_aggregate_ouid"] for row in read_table(empty_warehouse, "bookkeeper_results")]
    assert dict(zip(OUIDS, found, strict=True)) == OUIDS


def test_notice_counts_references_that_are_no_number_and_shows_one(empty_warehouse: Warehouse) -> None:
    _load(empty_warehouse, "4711", "zwölf", None, "", "1.5")

    [notice] = _notices(empty_warehouse)

    assert notice.startswith("NOTICE:  3 row(s) of bookkeeper_vault.transaction_item_taxes hold no whole number")
    assert "e.g. ''" in notice


def test_no_notice_where_every_reference_is_a_number(empty_warehouse: Warehouse) -> None:
    _load(empty_warehouse, "4711", None)

    assert _notices(empty_warehouse) == []
