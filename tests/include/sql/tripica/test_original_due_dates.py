"""Whose due date a rejection, a partial payment or a manual consumption inherits: docs/domain.md 3.1, OD."""

from __future__ import annotations

from datetime import date

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse

CREATED_ON = date(2023, 5, 10)
JANUARY_10 = date(2024, 1, 10)
JANUARY_15 = date(2024, 1, 15)
APRIL_1 = date(2024, 4, 1)


def at(day: str) -> str:
    return f"{day} 00:00 Europe/Berlin"


def add_due(rows: LedgerRows, transaction: str, day: str, **charge: str) -> int:
    """A charge of a transaction whose balance is due on the day; the amounts differ, so nothing is split."""
    rows.balance(transaction, startdatetime=at(day), amount=1)
    return rows.charge("GAS_ABSCHLAG", transaction, **charge)  # type: ignore[arg-type]


def due_dates(warehouse: Warehouse, rows: LedgerRows) -> dict[int, date | None]:
    return {charge: item["due_date"] for charge, item in build(warehouse, rows).open_items().items()}


def test_six_rejections_in_a_row_inherit_the_date_and_the_seventh_does_not(warehouse: Warehouse) -> None:
    """The worked example; oddity K4."""
    rows = LedgerRows()
    add_due(rows, "P", "2024-01-10")
    chain = [
        add_due(rows, f"R{number}", f"2024-03-0{number}", rejects=f"R{number - 1}" if number > 1 else "P")
        for number in range(1, 9)
    ]
    dates = due_dates(warehouse, rows)
    assert [dates[charge] for charge in chain] == [JANUARY_10] * 6 + [date(2024, 3, 7), date(2024, 3, 8)]


def test_partial_payment_and_its_rejection_follow_one_level_only(warehouse: Warehouse) -> None:
    """The worked example; oddity K4."""
    rows = LedgerRows()
    add_due(rows, "P2", "2024-01-15")
    child = add_due(rows, "C", "2024-04-01", pays="P2")
    grandchild = add_due(rows, "G", "2024-04-02", pays="C")
    rejection = add_due(rows, "R1", "2024-04-03", rejects="C")
    rejection_of_rejection = add_due(rows, "R2", "2024-04-04", rejects="R1")
    dates = due_dates(warehouse, rows)
    assert dates[child] == JANUARY_15
    assert dates[grandchild] == APRIL_1
    assert dates[rejection] == JANUARY_15
    assert dates[rejection_of_rejection] == APRIL_1


def test_rejection_of_an_unknown_transaction_keeps_its_own_date(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = add_due(rows, "R", "2024-03-01", rejects="nobody")
    assert due_dates(warehouse, rows)[charge] == date(2024, 3, 1)


def test_rejection_inherits_the_latest_creation_of_a_transaction_without_balance(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    for day in ("2024-01-10", "2024-01-08"):
        rows.charge("GAS_ABSCHLAG", "P", datetimecreate=at(day))
    rows.charge("GAS_ABSCHLAG_REJECTED", "P", datetimecreate=at("2024-02-20"), rejects="elsewhere")
    charge = add_due(rows, "R", "2024-03-01", rejects="P")
    assert due_dates(warehouse, rows)[charge] == JANUARY_10


def test_rejection_without_a_due_balance_is_due_on_its_creation(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    add_due(rows, "P", "2024-01-10")
    charge = rows.charge("GAS_ABSCHLAG", "R", rejects="P")
    assert due_dates(warehouse, rows)[charge] == CREATED_ON


def test_transaction_that_is_original_and_rejection_ends_with_the_rejected_date(warehouse: Warehouse) -> None:
    """Tie-break N3 has nothing left to decide: step 5 gives all its rows the same date."""
    rows = LedgerRows()
    add_due(rows, "P", "2024-01-15")
    original = add_due(rows, "T", "2024-01-10")
    rows.charge("GAS_ABSCHLAG_REJECTED", "T", rejects="P")
    assert due_dates(warehouse, rows)[original] == JANUARY_15


def test_rejection_of_a_transaction_that_is_both_follows_its_original_date(warehouse: Warehouse) -> None:
    """The child is dated in the first round, before its parent becomes a rejection; step 5 then updates it."""
    rows = LedgerRows()
    add_due(rows, "P", "2024-01-05")
    add_due(rows, "T", "2024-01-10")
    rows.charge("GAS_ABSCHLAG_REJECTED", "T", rejects="P")
    child = add_due(rows, "R", "2024-03-01", rejects="T")
    assert due_dates(warehouse, rows)[child] == date(2024, 1, 5)


def test_earliest_date_of_several_rejected_transactions_counts(warehouse: Warehouse) -> None:
    """Tie-break N2."""
    rows = LedgerRows()
    add_due(rows, "P1", "2024-01-15")
    add_due(rows, "P2", "2024-01-10")
    charge = add_due(rows, "R", "2024-03-01", rejects="P1")
    rows.charge("GAS_ABSCHLAG_REJECTED", "R", rejects="P2")
    assert due_dates(warehouse, rows)[charge] == JANUARY_10


def test_longer_way_to_a_rejection_counts_for_nothing_until_the_late_update(warehouse: Warehouse) -> None:
    """R rejects P (one step) and Q, which rejects O; the chain dates R by P, step 5 by the earlier of P and Q."""
    rows = LedgerRows()
    add_due(rows, "O", "2024-01-05")
    add_due(rows, "Q", "2024-02-01", rejects="O")
    add_due(rows, "P", "2024-01-10")
    charge = add_due(rows, "R", "2024-03-01", rejects="P")
    rows.charge("GAS_ABSCHLAG_REJECTED", "R", rejects="Q")
    child = add_due(rows, "S", "2024-03-02", rejects="R")
    dates = due_dates(warehouse, rows)
    assert dates[charge] == date(2024, 1, 5)
    assert dates[child] == JANUARY_10


def test_transactions_that_reject_each_other_keep_their_dates(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    first = add_due(rows, "R1", "2024-03-01", rejects="R2")
    second = add_due(rows, "R2", "2024-03-02", rejects="R1")
    dates = due_dates(warehouse, rows)
    assert (dates[first], dates[second]) == (date(2024, 3, 1), date(2024, 3, 2))


def test_manual_consumption_is_due_when_its_payment_is_first_requested(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge("GAS_MANUAL_CONSUMPTION", "T")
    charge = add_due(rows, "T", "2024-03-01")
    for day in (at("2024-04-01"), at("2024-04-02"), None):
        rows.payment("T", daterequest=day)
    assert due_dates(warehouse, rows)[charge] == APRIL_1


def test_manual_consumption_without_request_date_loses_its_due_date(warehouse: Warehouse) -> None:
    """Oddity K3."""
    rows = LedgerRows()
    rows.charge("GAS_MANUAL_CONSUMPTION", "T")
    charge = add_due(rows, "T", "2024-03-01")
    rows.payment("T", daterequest=None)
    assert due_dates(warehouse, rows)[charge] == CREATED_ON


def test_manual_consumption_without_payment_request_keeps_its_due_date(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge("GAS_MANUAL_CONSUMPTION", "T")
    charge = add_due(rows, "T", "2024-03-01")
    assert due_dates(warehouse, rows)[charge] == date(2024, 3, 1)


def test_partial_payment_inherits_even_a_missing_date(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge("GAS_MANUAL_CONSUMPTION", "P")
    add_due(rows, "P", "2024-03-01")
    rows.payment("P", daterequest=None)
    charge = add_due(rows, "C", "2024-04-01", pays="P")
    assert due_dates(warehouse, rows)[charge] == CREATED_ON


def test_partial_payment_of_an_unknown_transaction_keeps_its_date(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = add_due(rows, "C", "2024-04-01", pays="nobody")
    assert due_dates(warehouse, rows)[charge] == APRIL_1
