"""The dates of documents: days in UTC, whatever zone the session has."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.include.sql.run_scripts import build_bookkeeper, read_table
from tests.include.sql.source_rows import SourceRows
from tests.support.warehouse import Warehouse

UTC_DAYS = {
    "2024-03-05 23:59:59.999999+00": date(2024, 3, 5),
    "2024-03-06 00:00:00+00": date(2024, 3, 6),
    "2024-03-06 00:30:00+01": date(2024, 3, 5),
    "2024-07-01 01:30:00+02": date(2024, 6, 30),
}


def _dates(warehouse: Warehouse, **summary: Any) -> dict[str, date | None]:
    rows = SourceRows()
    item = rows.item(rows.entry(rows.summary(**summary), date="2024-01-31"))
    rows.tax_source(rows.tax(item))
    rows.load(warehouse)
    build_bookkeeper(warehouse)
    [row] = read_table(warehouse, "bookkeeper_results")
    [tax_line] = read_table(warehouse, "bookkeeper_tax_lines")
    assert tax_line["bbtax_booking_created"] == row["booking_created"]
    return {name: row[name] for name in ("booking_created", "beldat", "budat")}


@pytest.mark.parametrize(
    ("create_time", "file_created_at", "created"),
    [
        ("2024-03-05 08:00+00", "2024-03-07 08:00+00", date(2024, 3, 5)),
        ("2024-03-07 08:00+00", "2024-03-05 08:00+00", date(2024, 3, 5)),
        ("2024-03-05 08:00+00", None, date(2024, 3, 5)),
        (None, "2024-03-05 08:00+00", date(2024, 3, 5)),
        (None, None, None),
    ],
)
def test_booking_created_is_the_earlier_date_that_is_known(
    empty_warehouse: Warehouse, create_time: str | None, file_created_at: str | None, created: date | None
) -> None:
    dates = _dates(empty_warehouse, create_time=create_time, file_created_at=file_created_at)

    assert dates["booking_created"] == created


def test_document_date_is_the_creation_even_if_the_file_is_older(empty_warehouse: Warehouse) -> None:
    dates = _dates(empty_warehouse, create_time="2024-03-07 08:00+00", file_created_at="2024-03-05 08:00+00")

    assert dates == {
        "booking_created": date(2024, 3, 5),
        "beldat": date(2024, 3, 7),
        "budat": date(2024, 1, 31),
    }


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "UTC"])
def test_days_are_those_of_utc_in_any_session(empty_warehouse: Warehouse, zone: str) -> None:
    empty_warehouse.execute(f"alter role billing_aggregator in database {empty_warehouse.name} set timezone = '{zone}'")
    rows = SourceRows()
    for instant in UTC_DAYS:
        rows.item(rows.entry(rows.summary(create_time=instant, file_created_at=instant)))
    rows.load(empty_warehouse)

    build_bookkeeper(empty_warehouse)

    found = read_table(empty_warehouse, "bookkeeper_results")
    assert dict(zip(UTC_DAYS, (row["beldat"] for row in found), strict=True)) == UTC_DAYS
    assert [row["booking_created"] for row in found] == list(UTC_DAYS.values())
