"""The tags of a line: order number, business area and tax code from its metadata."""

from __future__ import annotations

import pytest

from tests.include.sql.run_scripts import build_bookkeeper, read_table
from tests.include.sql.source_rows import SourceRows
from tests.support.warehouse import Warehouse


def _tags(warehouse: Warehouse, rows: SourceRows) -> dict[str, str]:
    rows.load(warehouse)
    build_bookkeeper(warehouse)
    [row] = read_table(warehouse, "bookkeeper_results")
    return {key: row[key] for key in ("aufnr", "gsber", "mwskz")}


@pytest.mark.parametrize("key", ["aufnr", "gsber", "mwskz"])
def test_largest_text_of_both_types_wins(empty_warehouse: Warehouse, key: str) -> None:
    rows = SourceRows()
    item = rows.booked_item()
    rows.tag(item, key, "9", kind="rfbibl")
    rows.tag(item, key, "10", kind="schleupen")

    assert _tags(empty_warehouse, rows)[key] == "9"


def test_largest_text_goes_by_byte_order(empty_warehouse: Warehouse) -> None:
    rows = SourceRows()
    item = rows.booked_item()
    rows.tag(item, "aufnr", "B", kind="rfbibl")
    rows.tag(item, "aufnr", "a", kind="schleupen")

    assert _tags(empty_warehouse, rows)["aufnr"] == "a"


def test_other_types_and_keys_do_not_count(empty_warehouse: Warehouse) -> None:
    rows = SourceRows()
    item = rows.booked_item()
    rows.tag(item, "aufnr", "A-1", kind="rfbibl")
    rows.tag(item, "aufnr", "Z-9", kind="sap")
    rows.tag(item, "kostl", "4711", kind="rfbibl")

    assert _tags(empty_warehouse, rows) == {"aufnr": "A-1", "gsber": "/", "mwskz": "/"}


def test_line_without_metadata_has_slashes(empty_warehouse: Warehouse) -> None:
    rows = SourceRows()
    rows.booked_item()

    assert _tags(empty_warehouse, rows) == {"aufnr": "/", "gsber": "/", "mwskz": "/"}


def test_null_is_no_value_but_an_empty_text_is(empty_warehouse: Warehouse) -> None:
    rows = SourceRows()
    item = rows.booked_item()
    rows.tag(item, "aufnr", None)
    rows.tag(item, "gsber", "")

    assert _tags(empty_warehouse, rows) == {"aufnr": "/", "gsber": "", "mwskz": "/"}


def test_metadata_of_several_rows_does_not_multiply_the_line(empty_warehouse: Warehouse) -> None:
    rows = SourceRows()
    item = rows.booked_item()
    for value in ("A-1", "A-2", "A-3"):
        rows.tag(item, "aufnr", value)

    assert _tags(empty_warehouse, rows)["aufnr"] == "A-3"


def test_lines_keep_their_own_tags(empty_warehouse: Warehouse) -> None:
    rows = SourceRows()
    entry = rows.entry(rows.summary())
    for value in ("A-2", "A-1"):
        rows.tag(rows.item(entry), "aufnr", value)
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    assert [row["aufnr"] for row in read_table(empty_warehouse, "bookkeeper_results")] == ["A-2", "A-1"]
