"""Charges with dates of their own instead of their transaction's: docs/domain.md 3.1, CB."""

from __future__ import annotations

from datetime import date

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse


def at(day: str) -> str:
    return f"{day} 00:00 Europe/Berlin"


def dates(warehouse: Warehouse, rows: LedgerRows, charge: int) -> tuple[date | None, date | None]:
    item = build(warehouse, rows).open_items()[charge]
    return item["due_date"], item["balance_date"]


def add_split(rows: LedgerRows, transaction: str = "T", **charge: str) -> tuple[int, int]:
    """A transaction with a lettered balance of 119.00 and an open one of 10.00, and a charge for each."""
    rows.balance(transaction, "DUE_LETTERED", 11900, startdatetime=at("2024-02-01"), letteringdate=at("2024-02-20"))
    rows.balance(transaction, "DUE", 1000, startdatetime=at("2024-03-01"))
    lettered = rows.charge("GAS_ABSCHLAG", transaction, **charge)  # type: ignore[arg-type]
    return lettered, rows.charge("GAS_ABSCHLAG", transaction, gross=1000)


def test_charges_of_a_split_transaction_are_dated_by_the_balance_of_their_amount(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    lettered, still_open = add_split(rows)
    items = build(warehouse, rows).open_items()
    assert (items[lettered]["due_date"], items[lettered]["balance_date"]) == (date(2024, 2, 1), date(2024, 2, 20))
    assert (items[still_open]["due_date"], items[still_open]["balance_date"]) == (date(2024, 3, 1), None)


def test_charge_without_balance_of_its_amount_is_dated_like_the_transaction(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    add_split(rows)
    charge = rows.charge("GAS_ABSCHLAG", "T", gross=5)
    assert dates(warehouse, rows, charge) == (date(2024, 3, 1), date(2024, 2, 20))


def test_balance_of_another_account_does_not_date_a_charge(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.balance("T", "DUE_LETTERED", 11900, billingaccountouid=2, startdatetime=at("2024-02-01"))
    rows.balance("T", "DUE", 1000, startdatetime=at("2024-03-01"))
    charge = rows.charge("GAS_ABSCHLAG", "T")
    assert dates(warehouse, rows, charge)[0] == date(2024, 3, 1)


def test_balances_of_one_status_do_not_split_a_transaction(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.balance("T", "DUE", 11900, startdatetime=at("2024-02-01"))
    rows.balance("T", "DUE", 1000, startdatetime=at("2024-03-01"))
    rows.balance("T", "PAID", 1000, startdatetime=at("2024-04-01"))
    charge = rows.charge("GAS_ABSCHLAG", "T")
    assert dates(warehouse, rows, charge)[0] == date(2024, 3, 1)


def test_earliest_due_date_then_latest_balance_date_of_several_balances_counts(warehouse: Warehouse) -> None:
    """Tie-break N1."""
    rows = LedgerRows()
    for status, start, lettered in (
        ("DUE", "2024-02-02", "2024-02-25"),
        ("DUE_LETTERED", "2024-02-01", "2024-02-20"),
        ("DUE_LETTERED", "2024-02-01", "2024-02-22"),
    ):
        rows.balance("T", status, 11900, startdatetime=at(start), letteringdate=at(lettered))
    charge = rows.charge("GAS_ABSCHLAG", "T")
    assert dates(warehouse, rows, charge) == (date(2024, 2, 1), date(2024, 2, 22))


def test_split_partial_payment_is_due_with_what_it_pays(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge("GAS_ABSCHLAG", "P")
    rows.balance("P", "DUE", 1, startdatetime=at("2024-01-15"))
    lettered, still_open = add_split(rows, "T", pays="P")
    items = build(warehouse, rows).open_items()
    assert items[lettered]["due_date"] == date(2024, 1, 15)
    assert items[still_open]["due_date"] == date(2024, 1, 15)


def test_split_partial_payment_of_several_is_due_with_the_earliest(warehouse: Warehouse) -> None:
    """Tie-break N4."""
    rows = LedgerRows()
    for parent, day in (("P1", "2024-01-15"), ("P2", "2024-01-10")):
        rows.charge("GAS_ABSCHLAG", parent)
        rows.balance(parent, "DUE", 1, startdatetime=at(day))
    lettered, _ = add_split(rows, "T", pays="P1")
    rows.charge("GAS_ABSCHLAG", "T", gross=7, pays="P2")
    assert dates(warehouse, rows, lettered)[0] == date(2024, 1, 10)


def test_partial_payment_of_a_transaction_without_due_balance_keeps_its_own_start(warehouse: Warehouse) -> None:
    """Its parent has no transaction row, so only its own transaction's date changes."""
    rows = LedgerRows()
    rows.charge("GAS_ABSCHLAG", "P")
    lettered, _ = add_split(rows, "T", pays="P")
    assert dates(warehouse, rows, lettered)[0] == date(2024, 2, 1)


def test_refunded_manual_bonus_is_due_on_its_creation_and_settled_by_the_refund(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    bonus = rows.charge("GAS_MANUAL_BONUS", "T", datetimecreate=at("2024-02-01"))
    rows.charge("GAS_MANUAL_BONUS_REFUND", "T", datetimecreate=at("2024-02-09"))
    rows.balance("T", "DUE", 1, startdatetime=at("2024-05-01"))
    assert dates(warehouse, rows, bonus) == (date(2024, 2, 1), date(2024, 2, 9))


def test_refund_counts_only_if_account_amount_and_accounting_fit(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    bonuses = {}
    for name, bonus, refund in (
        ("amount", {}, {"gross": 1}),
        ("account", {}, {"billingaccountouid": 2}),
        ("ignored bonus", {"accountingid": "ignored"}, {}),
        ("ignored refund", {}, {"accountingid": "ignored"}),
        ("fits", {"accountingid": "A1"}, {"accountingid": None}),
    ):
        bonuses[name] = rows.charge("GAS_MANUAL_BONUS", name, **bonus)  # type: ignore[arg-type]
        rows.charge("GAS_MANUAL_BONUS_REFUND", name, datetimecreate=at("2024-02-09"), **refund)
    items = build(warehouse, rows).open_items()
    refunded = [name for name, charge in bonuses.items() if items[charge]["balance_date"] == date(2024, 2, 9)]
    assert refunded == ["fits"]
