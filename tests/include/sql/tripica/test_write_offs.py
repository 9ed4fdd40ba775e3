"""Write-offs and their lists of charges: docs/domain.md 3.6."""

from __future__ import annotations

from datetime import date

import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import Row, build
from tests.support.warehouse import Warehouse


def write_off(row: Row) -> tuple[date | None, str | None, str | None]:
    return row["write_off_date"], row["write_off_reason"], row["write_off_note"]


def at(day: str) -> str:
    return f"{day} 11:20 Europe/Berlin"


def test_completed_order_writes_off_every_charge_of_its_list(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charges = [rows.charge(ouid=number) for number in (12, 13, 14)]
    rows.write_off("12, 13", at("2024-02-01"), reason="Kulanz", notes=["Akte 7"])
    items = build(warehouse, rows).open_items()
    expected = (date(2024, 2, 1), "Kulanz", "Akte 7")
    assert [write_off(items[charge]) for charge in charges] == [expected, expected, (None, None, None)]


def test_write_off_shows_in_bookings_too(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(ouid=12, aggregateid="A1")
    rows.write_off("12", at("2024-02-01"), reason="Kulanz")
    rows.booking("A1")
    (booking,) = build(warehouse, rows).bookings(charge)
    assert write_off(booking) == (date(2024, 2, 1), "Kulanz", None)


@pytest.mark.parametrize("option", [{"state": "CANCELLED"}, {"state": None}, {"name": "CHARGESCANCELLATION"}])
def test_other_orders_write_nothing_off(warehouse: Warehouse, option: dict[str, str | None]) -> None:
    rows = LedgerRows()
    charge = rows.charge(ouid=12)
    rows.write_off("12", at("2024-02-01"), **option)
    assert write_off(build(warehouse, rows).open_items()[charge]) == (None, None, None)


def test_order_without_list_writes_nothing_off(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge(ouid=12)
    rows.write_off(None)
    assert len(build(warehouse, rows).open_items()) == 1


def test_malformed_elements_are_ignored_and_reported(warehouse: Warehouse) -> None:
    """Fix F6: the replaced service aborted on most of these."""
    rows = LedgerRows()
    charge = rows.charge(ouid=12)
    rows.write_off("foo-bar,,1.5,a12,x,-12,99999999999999999999, 12 ,", at("2024-02-01"))
    results = build(warehouse, rows)
    assert results.open_items()[charge]["write_off_date"] == date(2024, 2, 1)
    (notice,) = [notice for notice in results.notices if "CHARGES_OUIDS" in notice]
    assert notice.startswith("NOTICE:  ignored 6 element(s) of CHARGES_OUIDS that are no charge number, e.g. '-12'")


@pytest.mark.parametrize("last", ["2024-02-02", None])
def test_latest_order_of_a_charge_counts_and_a_missing_date_is_latest(warehouse: Warehouse, last: str | None) -> None:
    rows = LedgerRows()
    charge = rows.charge(ouid=12)
    rows.write_off("12", at("2024-02-01"), reason="first")
    rows.write_off("12", last and at(last), reason="last")
    rows.write_off("12", at("2024-01-01"), reason="before")
    assert build(warehouse, rows).open_items()[charge]["write_off_reason"] == "last"


def test_instant_not_the_day_decides_between_orders(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(ouid=12)
    rows.write_off("12", "2024-02-01 11:21 Europe/Berlin", reason="last")
    rows.write_off("12", "2024-02-01 11:20 Europe/Berlin", reason="first")
    assert build(warehouse, rows).open_items()[charge]["write_off_reason"] == "last"


def test_smallest_note_then_smallest_order_counts_between_equal_dates(warehouse: Warehouse) -> None:
    """Tie-break N7."""
    rows = LedgerRows()
    noted, plain = rows.charge(ouid=12), rows.charge(ouid=13)
    rows.write_off("12", at("2024-02-01"), reason="no note")
    rows.write_off("12", at("2024-02-01"), reason="notes", notes=["b", "a"])
    rows.write_off("13", at("2024-02-01"), reason="order 20", order=20)
    rows.write_off("13", at("2024-02-01"), reason="order 19", order=19)
    items = build(warehouse, rows).open_items()
    assert write_off(items[noted])[1:] == ("notes", "a")
    assert items[plain]["write_off_reason"] == "order 19"


def test_charge_number_spelled_differently_is_one_write_off(warehouse: Warehouse) -> None:
    """Tie-break N8: the replaced service multiplied the bookings of such a charge."""
    rows = LedgerRows()
    charge = rows.charge(ouid=12, aggregateid="A1")
    for day, spelling in (("2024-02-01", "12"), ("2024-02-03", "012"), ("2024-02-02", " 12")):
        rows.write_off(spelling, at(day))
    rows.booking("A1")
    (booking,) = build(warehouse, rows).bookings(charge)
    assert booking["write_off_date"] == date(2024, 2, 3)
