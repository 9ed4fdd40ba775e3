"""Due charges that were cancelled: docs/domain.md 3.8."""

from __future__ import annotations

from datetime import date

import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse

FIRST = date(2024, 3, 1)
SECOND = date(2024, 3, 2)


def at(day: date) -> str:
    return f"{day} 09:00 Europe/Berlin"


def cancel(rows: LedgerRows, amount: int, day: date, **columns: int | str) -> None:
    """A cancelled balance, and an open one that keeps the transaction from being settled by itself."""
    ordinary = {"datetimelastmodif": at(day), "billingaccountouid": 99}
    rows.balance("T", "DUE_CANCELLED", amount, **ordinary | columns)


def cancelled_on(warehouse: Warehouse, rows: LedgerRows) -> dict[int, date | None]:
    """Days of cancellation by charge, looked up where they are kept: the balances also date the transaction."""
    build(warehouse, rows)
    return dict(
        warehouse.rows(
            "set timezone = 'Europe/Berlin';"
            " select charge_ouid, cancelled_at::date from report_oibl_work.tripica_cancelled_charges"
        )
    )


def test_charge_is_cancelled_by_a_cancelled_balance_of_its_amount(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge("GAS_ABSCHLAG", "T")
    rows.charge("GAS_ABSCHLAG", "T", gross=5)
    cancel(rows, 11900, FIRST)
    assert cancelled_on(warehouse, rows) == {charge: FIRST}


def test_first_charge_pairs_with_first_balance_and_the_third_stays(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charges = [rows.charge("GAS_ABSCHLAG", "T", ouid=number) for number in (7, 8, 9)]
    cancel(rows, 11900, SECOND, ouid=22)
    cancel(rows, 11900, FIRST, ouid=21)
    assert cancelled_on(warehouse, rows) == {charges[0]: FIRST, charges[1]: SECOND}


def test_manual_bill_counts_twice_and_pairs_with_the_second_balance(warehouse: Warehouse) -> None:
    """Oddity K5: it matches two due patterns."""
    rows = LedgerRows()
    charge = rows.charge("GAS_MANUAL_BILL", "T")
    cancel(rows, 11900, FIRST, ouid=21)
    cancel(rows, 11900, SECOND, ouid=22)
    assert cancelled_on(warehouse, rows) == {charge: SECOND}


def test_single_balance_does_not_cancel_a_manual_bill(warehouse: Warehouse) -> None:
    """Oddity K5."""
    rows = LedgerRows()
    rows.charge("GAS_MANUAL_BILL", "T")
    cancel(rows, 11900, FIRST)
    assert cancelled_on(warehouse, rows) == {}


def test_balance_of_the_transactions_sum_cancels_all_its_charges(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charges = [rows.charge("GAS_ABSCHLAG", "T", gross=gross) for gross in (700, -200)]
    cancel(rows, 500, FIRST)
    assert cancelled_on(warehouse, rows) == dict.fromkeys(charges, FIRST)


def test_manual_bill_counts_twice_in_the_sum(warehouse: Warehouse) -> None:
    """Oddity K5."""
    rows = LedgerRows()
    charge = rows.charge("GAS_MANUAL_BILL", "T", gross=700)
    cancel(rows, 1400, FIRST)
    assert cancelled_on(warehouse, rows) == {charge: FIRST}


@pytest.mark.parametrize(
    ("glid", "columns"),
    [("GAS_ABSCHLAG", {"aggregateid": "A1"}), ("GAS_ABSCHLAG", {"aggregateid": ""}), ("GAS_CONSUMPTION", {})],
)
def test_aggregated_charges_and_kinds_that_are_not_due_stay(
    warehouse: Warehouse, glid: str, columns: dict[str, str]
) -> None:
    rows = LedgerRows()
    rows.charge(glid, "T", **columns)  # type: ignore[arg-type]
    cancel(rows, 11900, FIRST)
    assert cancelled_on(warehouse, rows) == {}


@pytest.mark.parametrize("status", ["DUE", "CANCELLED", "DUE_LETTERED"])
def test_only_cancelled_due_balances_cancel(warehouse: Warehouse, status: str) -> None:
    rows = LedgerRows()
    rows.charge("GAS_ABSCHLAG", "T")
    rows.balance("T", status)
    assert cancelled_on(warehouse, rows) == {}


def test_latest_of_several_instants_counts(warehouse: Warehouse) -> None:
    """Tie-break N1: two charges of 7.00 and -2.00, cancelled by amount on one day and by sum on another."""
    rows = LedgerRows()
    charge = rows.charge("GAS_ABSCHLAG", "T", gross=700)
    rows.charge("GAS_ABSCHLAG", "T", gross=-200)
    cancel(rows, 700, FIRST)
    cancel(rows, 500, SECOND)
    assert cancelled_on(warehouse, rows)[charge] == SECOND


def test_bonus_is_cancelled_by_any_cancellation_of_its_customer_account_and_amount(warehouse: Warehouse) -> None:
    """Oddity K18: the transaction is not compared, and one cancellation serves all equal bonuses."""
    rows = LedgerRows()
    bonuses = [rows.charge("GAS_MANUAL_BONUS", f"T{n}", aggregateid=a) for n, a in enumerate((None, "A1"))]
    rows.charge("GAS_MANUAL_BONUS_CANCELLATION", "X", gross=-11900, datetimecreate=at(FIRST))
    assert cancelled_on(warehouse, rows) == dict.fromkeys(bonuses, FIRST)


@pytest.mark.parametrize("columns", [{"gross": 1}, {"customerouid": 2}, {"billingaccountouid": 2}])
def test_bonus_of_another_amount_customer_or_account_stays(warehouse: Warehouse, columns: dict[str, int]) -> None:
    rows = LedgerRows()
    rows.charge("GAS_MANUAL_BONUS", "T")
    rows.charge("GAS_MANUAL_BONUS_CANCELLATION", "X", datetimecreate=at(FIRST), **columns)  # type: ignore[arg-type]
    assert cancelled_on(warehouse, rows) == {}
