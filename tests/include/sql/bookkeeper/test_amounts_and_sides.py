"""How amounts in cents become euro texts, and how their sign decides the side."""

from __future__ import annotations

import pytest

from tests.include.sql.run_scripts import build_bookkeeper, read_table
from tests.include.sql.source_rows import SourceRows
from tests.support.warehouse import Warehouse

EURO_TEXTS = [
    (11900, "119,00"),
    (-11900, "119,00"),
    (5, "0,05"),
    (-5, "0,05"),
    (0, "0,00"),
    (100, "1,00"),
    (110, "1,10"),
    (123456789012, "1234567890,12"),
    (-9223372036854775808, "92233720368547758,08"),
    (None, None),
]


def test_amounts_become_unsigned_euro_texts(empty_warehouse: Warehouse) -> None:
    rows = SourceRows()
    entry = rows.entry(rows.summary())
    for cents, _ in EURO_TEXTS:
        item = rows.item(entry, amount=cents)
        rows.source_item(rows.source(item), amount=cents)
        rows.tax_source_item(rows.tax_source(rows.tax(item)), amount=cents, base_amount=cents)
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    texts = [text for _, text in EURO_TEXTS]
    results = read_table(empty_warehouse, "bookkeeper_results")
    assert [row["wrbed_total"] for row in results] == texts
    assert [row["wrbed_aggregate"] for row in results] == texts
    tax_lines = read_table(empty_warehouse, "bookkeeper_tax_lines")
    assert [row["wrbed"] for row in tax_lines] == texts
    assert [row["fwbas"] for row in tax_lines] == texts


@pytest.mark.parametrize(("cents", "side"), [(-1, "50"), (0, "40"), (1, "40"), (None, "40")])
def test_only_negative_amounts_are_credit(empty_warehouse: Warehouse, cents: int | None, side: str) -> None:
    rows = SourceRows()
    item = rows.booked_item(amount=cents)
    rows.tax_source(rows.tax(item, amount=cents))
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    assert [row["newbs"] for row in read_table(empty_warehouse, "bookkeeper_results")] == [side]
    assert [row["newbs"] for row in read_table(empty_warehouse, "bookkeeper_tax_lines")] == [side]


def test_side_follows_the_line_not_its_source_items(empty_warehouse: Warehouse) -> None:
    rows = SourceRows()
    item = rows.booked_item(amount=-100)
    rows.source_item(rows.source(item), amount=300)
    rows.tax_source_item(rows.tax_source(rows.tax(item, amount=7)), amount=-7, base_amount=-100)
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    assert [row["newbs"] for row in read_table(empty_warehouse, "bookkeeper_results")] == ["50"]
    assert [row["newbs"] for row in read_table(empty_warehouse, "bookkeeper_tax_lines")] == ["40"]
