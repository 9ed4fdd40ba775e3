"""When an open item was settled: docs/domain.md 3.2."""

from __future__ import annotations

from datetime import date

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse


def at(day: str) -> str:
    return f"{day} 00:00 Europe/Berlin"


def balance_date(warehouse: Warehouse, rows: LedgerRows, charge: int) -> date | None:
    found: date | None = build(warehouse, rows).open_items()[charge]["balance_date"]
    return found


def test_item_without_anything_is_not_settled(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge()
    assert balance_date(warehouse, rows, charge) is None


def test_latest_lettering_of_the_transactions_due_balances_counts(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge("GAS_ABSCHLAG", "T")
    rows.balance("T", "DUE", 1, letteringdate=at("2024-02-20"))
    rows.balance("T", "DUE", 2, letteringdate=at("2024-02-10"))
    rows.balance("T", "PAID", 3, letteringdate=at("2024-03-01"))
    assert balance_date(warehouse, rows, charge) == date(2024, 2, 20)


def test_lettered_and_cancelled_balances_without_date_count_by_their_last_change(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge("GAS_ABSCHLAG", "T", gross=5)
    rows.balance("T", "DUE_LETTERED", 1, datetimelastmodif=at("2024-02-10"))
    rows.balance("T", "DUE_CANCELLED", 2, datetimelastmodif=at("2024-02-12"))
    rows.balance("T", "DUE", 3, datetimelastmodif=at("2024-02-14"))
    assert balance_date(warehouse, rows, charge) == date(2024, 2, 12)


def test_any_lettering_date_outweighs_later_changes(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge("GAS_ABSCHLAG", "T", gross=5)
    rows.balance("T", "DUE", 1, letteringdate=at("2024-02-01"))
    rows.balance("T", "DUE_CANCELLED", 2, datetimelastmodif=at("2024-02-12"))
    assert balance_date(warehouse, rows, charge) == date(2024, 2, 1)


def test_charge_with_an_own_balance_does_not_fall_back_to_its_transaction(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge("GAS_ABSCHLAG", "T", accountingid="ignored", datetimelastmodif=at("2024-05-05"))
    rows.balance("T", "DUE", 11900)
    rows.balance("T", "DUE_LETTERED", 1, letteringdate=at("2024-02-20"))
    assert balance_date(warehouse, rows, charge) == date(2024, 5, 5)


def test_overpayments_have_the_overpayment_date_or_none(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge("OVERPAYMENT_CREDIT", "T", accountingid="ignored")
    rows.balance("T", "DUE", 1, letteringdate=at("2024-02-20"))
    assert balance_date(warehouse, rows, charge) is None


def test_refunds_of_overpayments_are_settled_like_any_charge(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge("OVERPAYMENT_REFUND", "T")
    rows.balance("T", "DUE", 1, letteringdate=at("2024-02-20"))
    assert balance_date(warehouse, rows, charge) == date(2024, 2, 20)


def test_cancelled_item_is_settled_by_its_cancellation(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    bonus = rows.charge("GAS_MANUAL_BONUS", "T1", accountingid="ignored")
    rows.charge("GAS_MANUAL_BONUS_CANCELLATION", "T2", datetimecreate=at("2024-03-03"))
    assert balance_date(warehouse, rows, bonus) == date(2024, 3, 3)


def test_cancellation_without_instant_leaves_the_item_unsettled(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    bonus = rows.charge("GAS_MANUAL_BONUS", "T1", accountingid="ignored")
    rows.charge("GAS_MANUAL_BONUS_CANCELLATION", "T2", datetimecreate=None)
    assert balance_date(warehouse, rows, bonus) is None


def test_ignored_item_is_settled_by_its_last_change_whatever_was_booked(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(accountingid="ignored", aggregateid="A1", datetimelastmodif=at("2024-04-04"))
    rows.booking("A1")
    assert balance_date(warehouse, rows, charge) == date(2024, 4, 4)


def test_booked_item_is_settled_on_the_latest_posting_date(warehouse: Warehouse) -> None:
    """Tie-break N1 for several bookings."""
    rows = LedgerRows()
    charge = rows.charge(aggregateid="A1")
    for day in ("2024-05-30", "2024-05-31", None):
        rows.booking("A1", budat=day)
    assert balance_date(warehouse, rows, charge) == date(2024, 5, 31)


def test_empty_aggregate_id_finds_bookings_with_an_empty_one(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(aggregateid="")
    rows.booking("", budat="2024-05-31")
    results = build(warehouse, rows)
    assert results.open_items()[charge]["balance_date"] == date(2024, 5, 31)
    assert results.family("B") == []
