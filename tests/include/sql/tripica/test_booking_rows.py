"""What makes a row of booked charges: docs/domain.md 4.2, families A and B."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse


def booked_charge() -> tuple[LedgerRows, int]:
    rows = LedgerRows()
    return rows, rows.charge("GAS_BILL", "T", aggregateid="A1", accountingid="AC-1")


def test_booking_shows_charge_and_line(warehouse: Warehouse) -> None:
    rows, charge = booked_charge()
    rows.booking("A1", aufnr="4711")
    (booking,) = build(warehouse, rows).bookings(charge)
    assert {name: value for name, value in booking.items() if name.startswith(("booking", "a", "d"))} == {
        "applied_billing_charge_ouid": str(charge),
        "datetimelastmodif": booking["datetimelastmodif"],
        "date_created": date(2023, 5, 10),
        "analyticaxis": "",
        "due_date": None,
        "dunning_lock_until": None,
        "dunning_lock_reason": None,
        "dunning_status": None,
        "dunning_scenario": None,
        "dunning_level": None,
        "amount_net": 100,
        "amount_gross": 119,
        "amount_vat": 19,
        "amount_energy_tax": None,
        "aggregate_id": "A1",
        "accounting_id": "AC-1",
        "booking_execution_id": -1,
        "booking_created_at": date(2024, 6, 1),
        "booking_date": date(2024, 5, 31),
        "booking_order_number": "4711",
        "booking_tax_code": "2A",
        "booking_mainledger_account": "40010000",
        "booking_reference_document_number": "BR_TRPC-000001",
        "booking_debit_amount": 119,
        "booking_credit_amount": None,
        "booking_amount_indicator": "TaxIncludedAmount",
    }
    assert booking["tax_item_ouid"] is None
    assert booking["billing_account_balance_ouid"] == ""


def test_lines_equal_in_all_that_is_reported_collapse(warehouse: Warehouse) -> None:
    rows, charge = booked_charge()
    rows.booking("A1", gsber="1", beldat="2024-06-01", wrbed_total="1,00", key="a")
    rows.booking("A1", gsber="2", beldat="2024-06-02", wrbed_total="2,00", key="b")
    assert len(build(warehouse, rows).bookings(charge)) == 1


def test_lines_that_differ_only_in_side_stay_two(warehouse: Warehouse) -> None:
    rows, charge = booked_charge()
    for side in ("40", "50"):
        rows.booking("A1", newbs=side)
    assert len(build(warehouse, rows).bookings(charge)) == 2


def test_lines_of_two_unknown_sides_collapse(warehouse: Warehouse) -> None:
    rows, charge = booked_charge()
    for side in ("01", "31"):
        rows.booking("A1", newbs=side)
    assert len(build(warehouse, rows).bookings(charge)) == 1


def test_lines_that_differ_only_in_a_foreign_tax_aggregate_collapse(warehouse: Warehouse) -> None:
    rows, charge = booked_charge()
    for tax_aggregate in (None, 7, 8):
        rows.booking("A1", tax_aggregate_ouid=tax_aggregate)
    assert len(build(warehouse, rows).bookings(charge)) == 1


@pytest.mark.parametrize(
    "column",
    [
        {"mwskz": "1A"},
        {"aufnr": "9"},
        {"newko": "1"},
        {"newko": None},
        {"xblnr": "X"},
        {"budat": "2024-01-01"},
        {"booking_created": "2024-01-01"},
        {"booking_execution_id": 5},
        {"amount_calculation": "ac.TaxIncludedAmount"},
    ],
)
def test_lines_that_differ_in_any_reported_column_stay_two(warehouse: Warehouse, column: dict[str, Any]) -> None:
    rows, charge = booked_charge()
    rows.booking("A1")
    rows.booking("A1", **column)
    assert len(build(warehouse, rows).bookings(charge)) == 2


def test_logins_and_masters_multiply_bookings_but_not_open_items(warehouse: Warehouse) -> None:
    """Oddity K15."""
    rows, charge = booked_charge()
    rows.login(12, 1001, "KD-1")
    for ouid, name in ((2, "M1"), (3, "M2"), (4, "M2")):
        rows.master(1, rows.account(ouid, name))
    rows.booking("A1")
    results = build(warehouse, rows)
    shown = [(row["mba"], row["login_ouid"]) for row in results.bookings(charge)]
    assert shown == [("M1", "11"), ("M1", "12"), ("M2", "11"), ("M2", "12")]
    assert len(results.family("A")) == 1


def test_several_due_and_balance_dates_do_not_multiply_bookings(warehouse: Warehouse) -> None:
    rows, charge = booked_charge()
    for status, day in (("DUE", "2024-02-01"), ("DUE_LETTERED", "2024-02-02")):
        rows.balance("T", status, startdatetime=f"{day} 00:00 Europe/Berlin")
    rows.charge("GAS_BILL", "T", settlementnoteadviceouid=rows.bill())
    rows.booking("A1")
    results = build(warehouse, rows)
    assert len(results.bookings(charge)) == 1
    assert len(results.family("A")) == 2


def test_every_charge_of_the_aggregate_is_booked_by_every_line(warehouse: Warehouse) -> None:
    rows, _ = booked_charge()
    rows.charge(aggregateid="A1")
    for account in ("1", "2", "3"):
        rows.booking("A1", newko=account)
    assert len(build(warehouse, rows).family("B")) == 6
