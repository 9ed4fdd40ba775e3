"""When an overpayment ended: docs/domain.md 3.3."""

from __future__ import annotations

from datetime import date

import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse

CREDIT = "OVERPAYMENT_CREDIT"
USED = "OVERPAYMENT_USED"


def at(day: str) -> str:
    return f"{day} 00:00 Europe/Berlin"


def ended_on(warehouse: Warehouse, rows: LedgerRows, charge: int) -> date | None:
    found: date | None = build(warehouse, rows).open_items()[charge]["balance_date"]
    return found


@pytest.mark.parametrize(
    ("credit", "used", "expected"),
    [
        (1000, [1000], date(2024, 2, 1)),
        (1000, [400, 600], date(2024, 2, 2)),
        (1000, [1001], date(2024, 2, 1)),
        (1000, [999], None),
        (1000, [], None),
        (None, [1000], None),
        (-1000, [-999], date(2024, 2, 1)),
    ],
)
def test_credit_ends_when_it_is_used_up(
    warehouse: Warehouse, credit: int | None, used: list[int], expected: date | None
) -> None:
    rows = LedgerRows()
    charge = rows.charge(CREDIT, "T", gross=credit)
    for day, amount in enumerate(used, 1):
        rows.charge(USED, "T", gross=amount, datetimecreate=at(f"2024-02-0{day}"))
    assert ended_on(warehouse, rows, charge) == expected


def test_used_charge_without_credit_does_not_end(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(USED, "T")
    assert ended_on(warehouse, rows, charge) is None


def test_rejection_ends_the_overpayment_it_refers_to(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    credit = rows.charge(CREDIT, "T")
    rows.charge("OVERPAYMENT_CREDIT_REJECTED", "R", rejects="T", datetimecreate=at("2024-02-03"))
    rows.charge("GAS_CREDIT_REJECTED", "R", rejects="T", datetimecreate=at("2024-02-09"))
    assert ended_on(warehouse, rows, credit) == date(2024, 2, 3)


def test_cancelled_refund_ends_the_transaction_that_its_payment_belongs_to(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    credit = rows.charge(CREDIT, "T")
    rows.charge("OVERPAYMENT_REFUND_CANCEL", "R", datetimecreate=at("2024-02-04"))
    rows.payment_item(rows.payment("T"), rows.balance("R", "PAID"), kind="BALANCE", amount=1)
    assert ended_on(warehouse, rows, credit) == date(2024, 2, 4)


@pytest.mark.parametrize("glid", [CREDIT, USED])
def test_rejected_payment_ends_credits_and_uses(warehouse: Warehouse, glid: str) -> None:
    rows = LedgerRows()
    charge = rows.charge(glid, "T")
    rows.payment("T", "REJECTED", datelastchangestatus=at("2024-02-05"))
    rows.payment("T", "ACCEPTED", datelastchangestatus=at("2024-02-15"))
    assert ended_on(warehouse, rows, charge) == date(2024, 2, 5)


@pytest.mark.parametrize(
    ("glid", "balance", "expected"),
    [(CREDIT, "PAID", date(2024, 2, 6)), (CREDIT, "DUE", None), (USED, "PAID", None)],
)
def test_cancelled_payment_ends_a_credit_whose_balance_is_paid(
    warehouse: Warehouse, glid: str, balance: str, expected: date | None
) -> None:
    rows = LedgerRows()
    charge = rows.charge(glid, "T")
    rows.balance("T", balance)
    rows.payment("T", "CANCELLED", datelastchangestatus=at("2024-02-06"))
    assert ended_on(warehouse, rows, charge) == expected


def test_latest_of_all_ends_counts(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(CREDIT, "T")
    rows.payment("T", "REJECTED", datelastchangestatus=at("2024-02-05"))
    rows.payment("T", "REJECTED", datelastchangestatus=None)
    rows.charge("OVERPAYMENT_CREDIT_REJECTED", "R", rejects="T", datetimecreate=at("2024-02-03"))
    assert ended_on(warehouse, rows, charge) == date(2024, 2, 5)


def add_use(rows: LedgerRows, transaction: str, balances: list[int], day: str, **item: object) -> int:
    """A use of overpayment, whose payment pays with balances of credits."""
    use = rows.charge(USED, transaction, datetimecreate=at(day))
    payment = rows.payment(transaction)
    for balance in balances:
        rows.payment_item(payment, balance, **item)  # type: ignore[arg-type]
    return use


def test_use_in_another_transaction_ends_both(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    credit = rows.charge(CREDIT, "K1")
    use = add_use(rows, "U1", [rows.balance("K1", "CANCELLED")], "2024-02-07")
    items = build(warehouse, rows).open_items()
    assert items[credit]["balance_date"] == date(2024, 2, 7)
    assert items[use]["balance_date"] == date(2024, 2, 7)


@pytest.mark.parametrize("item", [{"kind": "BALANCE"}, {"amount": 1}])
def test_use_counts_only_with_a_cancelled_balance_of_its_amount(warehouse: Warehouse, item: dict[str, object]) -> None:
    rows = LedgerRows()
    credit = rows.charge(CREDIT, "K1")
    add_use(rows, "U1", [rows.balance("K1", "CANCELLED")], "2024-02-07", **item)
    assert ended_on(warehouse, rows, credit) is None


@pytest.mark.parametrize("credit", [{"gross": 1}, {"billingaccountouid": 2}])
def test_use_counts_only_for_a_credit_of_the_balances_account_and_amount(
    warehouse: Warehouse, credit: dict[str, int]
) -> None:
    rows = LedgerRows()
    charge = rows.charge(CREDIT, "K1", **credit)  # type: ignore[arg-type]
    add_use(rows, "U1", [rows.balance("K1", "CANCELLED")], "2024-02-07")
    assert ended_on(warehouse, rows, charge) is None


def test_several_uses_and_credits_are_paired_in_order_of_their_transactions(warehouse: Warehouse) -> None:
    """Both uses could have used both credits: the first pairs with the first, the second with the second."""
    rows = LedgerRows()
    first_credit, second_credit = rows.charge(CREDIT, "K1"), rows.charge(CREDIT, "K2")
    balances = [rows.balance("K1", "CANCELLED"), rows.balance("K2", "CANCELLED")]
    add_use(rows, "U2", balances, "2024-02-09")
    add_use(rows, "U1", balances, "2024-02-07")
    items = build(warehouse, rows).open_items()
    assert items[first_credit]["balance_date"] == date(2024, 2, 7)
    assert items[second_credit]["balance_date"] == date(2024, 2, 9)


def test_transactions_are_numbered_in_byte_order(warehouse: Warehouse) -> None:
    """Tie-break N10: capitals come before small letters whatever the database's language."""
    rows = LedgerRows()
    first_credit = rows.charge(CREDIT, "K1")
    balance = rows.balance("K1", "CANCELLED")
    add_use(rows, "a", [balance], "2024-02-07")
    add_use(rows, "B", [balance], "2024-02-09")
    assert ended_on(warehouse, rows, first_credit) == date(2024, 2, 9)
