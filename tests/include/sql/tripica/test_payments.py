"""Allocated payments: docs/domain.md 3.10, family E."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import amounts, build
from tests.support.warehouse import Warehouse

# No float holds all its digits.
PRECISE = "12345678901234567.89"


def test_payment_shows_amount_state_and_line(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    payment = rows.pas_booking(PRECISE, "ALLOCATED", sap_id="BR_PAS-1")
    rows.booking("any", xblnr="BR_PAS-1", newbs="50", newko="13", aufnr="7", beldat="2024-06-02")
    (row,) = build(warehouse, rows).family("E")
    assert {name: value for name, value in row.items() if value is not None} == {
        "glid": "PAS_ALLOCATED",
        "amount_net": Decimal(PRECISE),
        "amount_gross": Decimal(PRECISE),
        "amount_vat": 0,
        "aggregate_id": str(payment),
        "booking_created_at": date(2024, 6, 2),
        "booking_date": date(2024, 5, 31),
        "booking_order_number": "7",
        "booking_tax_code": "2A",
        "booking_mainledger_account": "13",
        "booking_reference_document_number": "BR_PAS-1",
        "booking_credit_amount": Decimal(PRECISE),
        "booking_amount_indicator": "TaxIncludedAmount",
    }


def test_missing_state_and_account_stay_missing(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.pas_booking("-12.50", None, sap_id="BR_PAS-1")
    rows.booking(None, xblnr="BR_PAS-1", newko=None)
    (row,) = build(warehouse, rows).family("E")
    assert (row["glid"], row["booking_mainledger_account"]) == ("PAS_", None)
    assert amounts(row) == (Decimal("-12.50"), None)


@pytest.mark.parametrize(
    ("document_date", "found_by"),
    [
        ("2024-01-30", ["aggregate"]),
        ("2024-01-31", ["aggregate", "document"]),
        ("2024-02-01", ["document"]),
        (None, []),
    ],
)
def test_lines_are_found_by_aggregate_until_31_january_2024_and_by_document_from_then_on(
    warehouse: Warehouse, document_date: str | None, found_by: list[str]
) -> None:
    rows = LedgerRows()
    payment = rows.pas_booking(sap_id="BR_PAS-1")
    rows.booking(str(payment), xblnr="elsewhere", newko="aggregate", beldat=document_date)
    rows.booking("elsewhere", xblnr="BR_PAS-1", newko="document", beldat=document_date)
    found = build(warehouse, rows).family("E")
    assert sorted(row["booking_mainledger_account"] for row in found) == found_by


def test_line_found_both_ways_is_listed_once(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    payment = rows.pas_booking(sap_id="BR_PAS-1")
    rows.booking(str(payment), xblnr="BR_PAS-1", beldat="2024-01-31")
    assert len(build(warehouse, rows).family("E")) == 1


def test_whole_amount_stands_on_every_distinct_line(warehouse: Warehouse) -> None:
    """Oddity K11."""
    rows = LedgerRows()
    rows.pas_booking("12.50", sap_id="BR_PAS-1")
    for account, aggregate in (("1", "a"), ("2", "b"), ("2", "c")):
        rows.booking(aggregate, xblnr="BR_PAS-1", newko=account)
    assert [amounts(row)[0] for row in build(warehouse, rows).family("E")] == [Decimal("12.50")] * 2


def test_payment_without_state_or_amount_row_is_not_listed(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.pas_booking(sap_id="BR_PAS-1", payment_id=None)
    rows.pas_booking(sap_id="BR_PAS-1", payment_state_id=None)
    rows.booking(None, xblnr="BR_PAS-1")
    assert build(warehouse, rows).family("E") == []
