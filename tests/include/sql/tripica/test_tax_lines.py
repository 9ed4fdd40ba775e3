"""Tax lines of the documents of billing: docs/domain.md 3.10, family D."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import psycopg2
import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import Row, amounts, build
from tests.support.warehouse import Warehouse


def listed(warehouse: Warehouse, rows: LedgerRows) -> list[Row]:
    return build(warehouse, rows).family("D")


def test_line_without_charge_shows_its_own_amounts(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.document()
    rows.tax_line("nobody", wrbed="1234,05", fwbas="6495,00")
    (row,) = listed(warehouse, rows)
    blank = {name for name, value in row.items() if value == ""}
    assert {name: value for name, value in row.items() if value not in (None, "")} == {
        "amount_net": Decimal("6495.00"),
        "amount_gross": Decimal("7729.05"),
        "amount_vat": Decimal("1234.05"),
        "amount_energy_tax": 0,
        "aggregate_id": "nobody",
        "booking_execution_id": -1,
        "booking_created_at": date(2024, 6, 1),
        "booking_date": date(2024, 5, 31),
        "booking_order_number": "/",
        "booking_tax_code": "2A",
        "booking_mainledger_account": "76100030",
        "booking_reference_document_number": "BR_TRPC-000001",
        "booking_credit_amount": Decimal("1234.05"),
        "booking_amount_indicator": "vat.Amount",
    }
    assert blank == {
        "applied_billing_charge_ouid",
        "billing_account_ouid",
        "login_ouid",
        "billing_account_balance_ouid",
        "tax_item_ouid",
        "customer_id",
        "transaction_id",
        "glid",
        "analyticaxis",
        "bill_id",
        "accounting_id",
    }


def test_line_with_a_charge_shows_the_charges_amounts_and_signed_vat(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(net=-10000, gross=-11900, vat=-1900, energy=500, aggregateid="A1", accountingid="AC-1")
    rows.document()
    rows.tax_line("A1", wrbed="1,00", fwbas="2,00")
    (row,) = listed(warehouse, rows)
    assert (row["amount_net"], row["amount_gross"], row["amount_vat"]) == (-100, -119, -19)
    assert row["amount_energy_tax"] == 0
    assert amounts(row) == (None, Decimal("19.00"))
    assert (row["applied_billing_charge_ouid"], row["accounting_id"]) == (str(charge), "AC-1")
    assert (row["mba"], row["customer_id"], row["glid"]) == ("ACC-1", "KD-1", "GAS_ABSCHLAG")


def test_missing_amounts_of_the_charge_are_the_lines_one_by_one(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge(net=None, gross=500, vat=None, energy=1, aggregateid="A1")
    rows.document()
    rows.tax_line("A1", wrbed="-1,00", fwbas="2,00")
    (row,) = listed(warehouse, rows)
    assert (row["amount_net"], row["amount_gross"], row["amount_vat"]) == (2, 5, -1)
    assert amounts(row) == (None, 1)


@pytest.mark.parametrize("formula", ["VATExcludedAmount", "vat.amount", None])
def test_other_formulas_are_marked(warehouse: Warehouse, formula: str | None) -> None:
    """Oddity K9."""
    rows = LedgerRows()
    rows.document()
    rows.tax_line("A1", formula, newbs="40")
    (row,) = listed(warehouse, rows)
    assert amounts(row) == (-1, None)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("BR_TRPC-1", 1),
        ("BR_REBK-1", 1),
        ("BR_CANC-1", 1),
        ("BR_MAN-1", 1),
        ("BRXMAN", 1),
        ("BR_PAS-1", 0),
        ("XBR_MAN-1", 0),
        (None, 0),
    ],
)
def test_only_documents_of_billing_have_tax_lines(warehouse: Warehouse, number: str | None, expected: int) -> None:
    """Oddity K17 for BRXMAN."""
    rows = LedgerRows()
    rows.document(number)  # type: ignore[arg-type]
    rows.tax_line("A1", xblnr=number)
    assert len(listed(warehouse, rows)) == expected


def test_line_without_document_header_is_not_listed(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.document("BR_TRPC-000002")
    rows.tax_line("A1")
    assert listed(warehouse, rows) == []


def test_repeated_document_number_multiplies_by_its_posting_dates(warehouse: Warehouse) -> None:
    """Oddity K14."""
    rows = LedgerRows()
    for day in ("2024-05-31", "2024-05-31", "2024-06-30"):
        rows.document(posted=day)
    rows.tax_line("A1")
    assert [row["booking_date"] for row in listed(warehouse, rows)] == [date(2024, 5, 31), date(2024, 6, 30)]


def test_identical_lines_collapse_even_if_only_what_is_not_shown_differs(warehouse: Warehouse) -> None:
    """Oddity K14: with a charge, base and tax of the line are not shown."""
    rows = LedgerRows()
    rows.charge(aggregateid="A1")
    rows.document()
    rows.tax_line("A1", wrbed="1,00")
    rows.tax_line("A1", wrbed="2,00")
    for tax in ("1,00", "1,00", "2,00"):
        rows.tax_line("nobody", wrbed=tax)
    assert [row["aggregate_id"] for row in listed(warehouse, rows)] == ["A1", "nobody", "nobody"]


@pytest.mark.parametrize("aggregate", [None, ""])
def test_empty_aggregate_finds_no_charge(warehouse: Warehouse, aggregate: str | None) -> None:
    rows = LedgerRows()
    rows.charge(aggregateid=aggregate)
    rows.document()
    rows.tax_line(aggregate, newko=None)
    (row,) = listed(warehouse, rows)
    assert (row["applied_billing_charge_ouid"], row["aggregate_id"]) == ("", "")
    assert row["booking_mainledger_account"] == "tax code: 2A"


def test_missing_line_amounts_stay_missing(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.document()
    rows.tax_line("A1", fwbas=None)
    (row,) = listed(warehouse, rows)
    assert (row["amount_net"], row["amount_gross"], row["amount_vat"]) == (None, None, 19)


def test_masters_and_logins_multiply_tax_lines(warehouse: Warehouse) -> None:
    """Oddity K15."""
    rows = LedgerRows()
    rows.charge(aggregateid="A1")
    rows.login(12, 1001, "KD-2")
    rows.document()
    rows.tax_line("A1")
    assert [row["customer_id"] for row in listed(warehouse, rows)] == ["KD-1", "KD-2"]


def test_thousands_separator_stops_the_run(warehouse: Warehouse) -> None:
    """F9: kept strict."""
    rows = LedgerRows()
    rows.document()
    rows.tax_line("A1", wrbed="1.234,05")
    with pytest.raises(psycopg2.errors.InvalidTextRepresentation, match=r"1\.234\.05"):
        build(warehouse, rows)
