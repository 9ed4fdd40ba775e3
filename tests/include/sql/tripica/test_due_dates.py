"""When a charge is due: the decision table of docs/domain.md 3.1."""

from __future__ import annotations

from datetime import date

import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse

CREATED_ON = date(2023, 5, 10)
BALANCE_START = date(2023, 5, 24)
BILL_DUE = date(2023, 7, 3)


def due_date(warehouse: Warehouse, rows: LedgerRows, charge: int) -> date | None:
    found: date | None = build(warehouse, rows).open_items()[charge]["due_date"]
    return found


def test_charge_without_anything_is_due_on_its_creation(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge("GAS_ABSCHLAG", "T1")
    assert due_date(warehouse, rows, charge) == CREATED_ON


def test_charge_is_due_when_the_due_balance_of_its_transaction_starts(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge("GAS_ABSCHLAG", "T1")
    rows.balance("T1", "DUE", amount=1)
    assert due_date(warehouse, rows, charge) == BALANCE_START


def test_latest_start_of_several_due_balances_counts(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge("GAS_ABSCHLAG", "T1")
    rows.balance("T1", startdatetime="2023-06-01 00:00 Europe/Berlin", amount=1)
    rows.balance("T1", startdatetime="2023-06-20 00:00 Europe/Berlin", amount=2)
    rows.balance("T1", startdatetime=None, amount=3)
    assert due_date(warehouse, rows, charge) == date(2023, 6, 20)


@pytest.mark.parametrize("status", ["PAID", "CANCELLED", "due", None])
def test_balances_that_are_not_due_say_nothing(warehouse: Warehouse, status: str | None) -> None:
    rows = LedgerRows()
    charge = rows.charge("GAS_ABSCHLAG", "T1")
    rows.balance("T1", status)  # type: ignore[arg-type]
    assert due_date(warehouse, rows, charge) == CREATED_ON


@pytest.mark.parametrize("glid", ["GAS_BILL", "GAS_MANUAL_BILL", "GAS_BILL_MIGRATION", "SOMEXBILL"])
def test_bill_is_due_when_its_header_says(warehouse: Warehouse, glid: str) -> None:
    rows = LedgerRows()
    bill = rows.bill(due="2023-07-03 00:00 Europe/Berlin")
    charge = rows.charge(glid, "T1", settlementnoteadviceouid=bill)
    rows.balance("T1")
    assert due_date(warehouse, rows, charge) == BILL_DUE


def test_bill_header_without_due_date_counts_by_its_creation(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    bill = rows.bill(due=None, created="2023-06-15 08:00 Europe/Berlin")
    charge = rows.charge("GAS_BILL", settlementnoteadviceouid=bill)
    assert due_date(warehouse, rows, charge) == date(2023, 6, 15)


def test_bill_with_an_unknown_header_is_due_like_its_transaction(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge("GAS_BILL", "T1", settlementnoteadviceouid=999)
    rows.balance("T1", amount=1)
    assert due_date(warehouse, rows, charge) == BALANCE_START


@pytest.mark.parametrize(
    ("axis", "expected"), [("goodwill", CREATED_ON), ("special goodwill", None), (None, BALANCE_START)]
)
def test_manual_bonus_with_an_ordinary_axis_is_due_on_its_creation(
    warehouse: Warehouse, axis: str | None, expected: date | None
) -> None:
    rows = LedgerRows()
    charge = rows.charge("GAS_MANUAL_BONUS", "T1", analyticaxis=axis)
    rows.balance("T1", amount=1)
    item = build(warehouse, rows).open_items().get(charge)
    assert (item and item["due_date"]) == expected


@pytest.mark.parametrize("glid", ["BANK_FEE", "DUNNING_FEE", "METER_BLOCKING_GAS_FEE"])
def test_billed_fee_is_due_with_any_bill_of_its_transaction(warehouse: Warehouse, glid: str) -> None:
    rows = LedgerRows()
    bill = rows.bill(due="2023-07-03 00:00 Europe/Berlin")
    rows.charge("GAS_BILL", "T1", settlementnoteadviceouid=bill)
    fee = rows.charge(glid, "T1", settlementnoteadviceouid=bill)
    rows.balance("T1")
    assert due_date(warehouse, rows, fee) == BILL_DUE


def test_fee_that_is_not_billed_ignores_the_bill_of_its_transaction(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    bill = rows.bill(due="2023-07-03 00:00 Europe/Berlin")
    rows.charge("GAS_BILL", "T1", settlementnoteadviceouid=bill)
    fee = rows.charge("BANK_FEE", "T1")
    rows.balance("T1", amount=1)
    assert due_date(warehouse, rows, fee) == BALANCE_START


def test_billed_fee_without_a_bill_in_its_transaction_falls_back(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    with_balance = rows.charge("BANK_FEE", "T1", settlementnoteadviceouid=999)
    rows.balance("T1", amount=1)
    alone = rows.charge("BANK_FEE", "T2", settlementnoteadviceouid=999)
    items = build(warehouse, rows).open_items()
    assert items[with_balance]["due_date"] == BALANCE_START
    assert items[alone]["due_date"] == CREATED_ON


def test_bonus_in_the_transaction_counts_as_the_bill_of_a_fee(warehouse: Warehouse) -> None:
    """Oddity K6."""
    rows = LedgerRows()
    rows.charge("GAS_MANUAL_BONUS", "T1", analyticaxis="goodwill", datetimecreate="2023-05-02 12:00 Europe/Berlin")
    fee = rows.charge("BANK_FEE", "T1", settlementnoteadviceouid=999)
    assert due_date(warehouse, rows, fee) == date(2023, 5, 2)


def test_earliest_of_several_bills_counts_for_a_fee(warehouse: Warehouse) -> None:
    """Tie-break N1."""
    rows = LedgerRows()
    for day in ("2023-07-05", "2023-07-03", "2023-07-04"):
        rows.charge("GAS_BILL", "T1", settlementnoteadviceouid=rows.bill(due=f"{day} 00:00 Europe/Berlin"))
    fee = rows.charge("BANK_FEE", "T1", settlementnoteadviceouid=999)
    assert due_date(warehouse, rows, fee) == BILL_DUE


def test_cancellation_balance_takes_the_bill_of_its_transaction(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    bill = rows.bill(due="2023-07-03 00:00 Europe/Berlin")
    rows.charge("GAS_BILL", "T1", settlementnoteadviceouid=bill)
    charge = rows.charge("GAS_CANCELLATION_BALANCE", "T1")
    assert due_date(warehouse, rows, charge) == BILL_DUE


def test_cancellation_balance_without_a_bill_has_no_due_date(warehouse: Warehouse) -> None:
    """Oddity K2."""
    rows = LedgerRows()
    charge = rows.charge("GAS_CANCELLATION_BALANCE", "T1")
    rows.balance("T1")
    assert due_date(warehouse, rows, charge) is None


def test_written_off_cancellation_balance_is_dated_like_any_charge(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge("GAS_CANCELLATION_BALANCE_WRITE_OFF", "T1")
    rows.balance("T1", amount=1)
    assert due_date(warehouse, rows, charge) == BALANCE_START
