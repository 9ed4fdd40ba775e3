"""Booked balances: docs/domain.md 2.7 and 3.10, family C."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import Row, amounts, build
from tests.support.warehouse import Warehouse


def booked(warehouse: Warehouse, rows: LedgerRows) -> list[Row]:
    return build(warehouse, rows).family("C")


def test_balance_shows_its_amount_without_sign_on_the_lines_side(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    balance = rows.balance("T", "PAID", -11900, aggregateid="A1", accountingid="AC-1")
    rows.booking("A1", newbs="50", aufnr="4711", beldat="2024-06-02")
    (row,) = booked(warehouse, rows)
    assert {name: value for name, value in row.items() if value not in (None, "")} == {
        "billing_account_balance_ouid": str(balance),
        "datetimelastmodif": row["datetimelastmodif"],
        "mba": "ACC-1",
        "customer_id": "KD-1",
        "date_created": date(2023, 5, 10),
        "transaction_id": "T",
        "glid": "PAYMENT_TRANSACTION",
        "analyticaxis": "BALANCE",
        "amount_net": 119,
        "amount_gross": 119,
        "amount_vat": 0,
        "amount_energy_tax": 0,
        "aggregate_id": "A1",
        "accounting_id": "AC-1",
        "booking_execution_id": -1,
        "booking_created_at": date(2024, 6, 2),
        "booking_date": date(2024, 5, 31),
        "booking_order_number": "4711",
        "booking_tax_code": "2A",
        "booking_mainledger_account": "40010000",
        "booking_reference_document_number": "BR_TRPC-000001",
        "booking_credit_amount": Decimal("119.00"),
        "booking_amount_indicator": "TaxIncludedAmount",
    }
    blank = ("applied_billing_charge_ouid", "billing_account_ouid", "login_ouid", "tax_item_ouid", "bill_id")
    assert [row[name] for name in blank] == [""] * 5


@pytest.mark.parametrize(
    ("formula", "amount", "expected"),
    [
        ("TaxIncludedAmount", None, 0),
        ("ac.TaxIncludedAmount", 11900, -1),
        ("VATExcludedAmount", 11900, -1),
        (None, 11900, -1),
    ],
)
def test_other_formulas_are_marked_and_missing_amounts_are_nothing(
    warehouse: Warehouse, formula: str | None, amount: int | None, expected: int
) -> None:
    """Oddity K9."""
    rows = LedgerRows()
    rows.balance("T", "PAID", amount, aggregateid="A1")
    rows.booking("A1", formula)
    (row,) = booked(warehouse, rows)
    assert amounts(row) == (expected, None)


def test_equal_lines_logins_and_masters_are_all_kept(warehouse: Warehouse) -> None:
    """Oddity K15: two equal lines, two equal logins, two masters of one name."""
    rows = LedgerRows()
    rows.balance("T", "PAID", aggregateid="A1")
    rows.login(11, 1001, "KD-1")
    for ouid in (2, 3):
        rows.master(1, rows.account(ouid, "M"))
    for _ in range(2):
        rows.booking("A1")
    assert len(booked(warehouse, rows)) == 8


@pytest.mark.parametrize("aggregate", [None, ""])
def test_balances_without_aggregate_are_not_booked(warehouse: Warehouse, aggregate: str | None) -> None:
    rows = LedgerRows()
    rows.balance("T", "PAID", aggregateid=aggregate)
    rows.booking(aggregate)
    assert booked(warehouse, rows) == []


@pytest.mark.parametrize(
    ("created", "expected"),
    [("2019-07-30 23:59:59 Europe/Berlin", 0), ("2019-07-30 22:00+00", 1), (None, 0)],
)
def test_balances_count_if_created_after_30_july_2019_in_berlin(
    warehouse: Warehouse, created: str | None, expected: int
) -> None:
    rows = LedgerRows()
    rows.balance("T", "PAID", aggregateid="A1", datetimecreate=created)
    rows.booking("A1")
    assert len(booked(warehouse, rows)) == expected


def test_balance_of_an_unknown_account_is_booked_without_holder(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.balance("T", "PAID", aggregateid="A1", billingaccountouid=99)
    rows.booking("A1", newko=None)
    (row,) = booked(warehouse, rows)
    assert (row["mba"], row["customer_id"]) == (None, None)
    assert row["booking_mainledger_account"] == "tax code: 2A"


def test_balance_without_number_shows_what_it_is_about(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    for transaction in ("T1", "T2"):
        values = {"ouid": None, "transactionid": transaction, "billingaccountouid": 1, "amount": 11900}
        created = {"datetimecreate": "2023-05-10", "datetimelastmodif": "2023-05-10"}
        rows.add("datalake_vault.billing_account_balance", aggregateid="A1", **values, **created)
    rows.booking("A1")
    found = build(warehouse, rows).rows
    assert [(row["transaction_id"], row["mba"], row["glid"]) for row in found] == [
        ("T1", "ACC-1", "PAYMENT_TRANSACTION"),
        ("T2", "ACC-1", "PAYMENT_TRANSACTION"),
    ]
