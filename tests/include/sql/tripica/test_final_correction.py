"""The final correction of electricity lines: docs/domain.md 3.10."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import amounts, build
from tests.support.warehouse import Warehouse

ELECTRICITY = "VATExcludedAmount - ELECTRICITYTAX"
GAS = "VATExcludedAmount - GASTAX"


def add_pair(rows: LedgerRows, aggregate: str = "A1") -> tuple[int, int]:
    """Two charges of an aggregate: 100.00 and -30.00 net, booked without energy tax."""
    large = rows.charge(net=10000, gross=11900, vat=1900, aggregateid=aggregate)
    return large, rows.charge(net=-3000, gross=-3570, vat=-570, aggregateid=aggregate)


@pytest.mark.parametrize(
    ("formula", "credit_formula", "expected"),
    [
        (ELECTRICITY, "TaxIncludedAmount", "30.00"),
        (ELECTRICITY, "VATExcludedAmount", "-30.00"),
        (GAS, "TaxIncludedAmount", "-30.00"),
    ],
)
def test_negative_electricity_debits_turn_positive_where_debit_and_credit_differ(
    warehouse: Warehouse, formula: str, credit_formula: str, expected: str
) -> None:
    """Oddity K10: the second case is balanced, the third is gas."""
    rows = LedgerRows()
    _, small = add_pair(rows)
    rows.booking("A1", formula, newbs="40")
    rows.booking("A1", credit_formula, newbs="50")
    debits = [amounts(row)[0] for row in build(warehouse, rows).bookings(small) if amounts(row)[0] is not None]
    assert debits == [Decimal(expected)]


def test_aggregate_without_any_credit_is_not_corrected(warehouse: Warehouse) -> None:
    """Oddity K10."""
    rows = LedgerRows()
    _, small = add_pair(rows)
    rows.booking("A1", ELECTRICITY, newbs="40")
    (booking,) = build(warehouse, rows).bookings(small)
    assert amounts(booking) == (Decimal("-30.00"), None)


def test_negative_credits_are_left_alone(warehouse: Warehouse) -> None:
    """Oddity K10."""
    rows = LedgerRows()
    _, small = add_pair(rows)
    rows.booking("A1", ELECTRICITY, newbs="50")
    rows.booking("A1", "TaxIncludedAmount", newbs="40")
    credits_ = [amounts(row)[1] for row in build(warehouse, rows).bookings(small) if amounts(row)[1] is not None]
    assert credits_ == [Decimal("-30.00")]


def test_rows_of_all_families_count_for_the_sums(warehouse: Warehouse) -> None:
    """The charges balance (70.00 each side); a booked balance of 1.00 tips the scale."""
    rows = LedgerRows()
    _, small = add_pair(rows)
    rows.booking("A1", ELECTRICITY, newbs="40")
    rows.booking("A1", "VATExcludedAmount", newbs="50")
    rows.balance("T", "PAID", 100, aggregateid="A1")
    rows.booking("A1", "TaxIncludedAmount", newbs="60")
    rows.tax_line("A1")
    rows.document()
    debits = [amounts(row)[0] for row in build(warehouse, rows).bookings(small) if amounts(row)[0] is not None]
    assert debits == [Decimal("30.00")]


def test_rows_count_once_per_holder_for_the_sums(warehouse: Warehouse) -> None:
    """Oddity K15: without the second login of one charge's customer the aggregate would balance."""
    rows = LedgerRows()
    add_pair(rows)
    other = rows.account(2, "ACC-2", customer=2002)
    for ouid in (21, 22):
        rows.login(ouid, 2002, f"KD-{ouid}")
    rows.charge(net=-3000, gross=-3000, vat=0, billingaccountouid=other, aggregateid="A1")
    rows.booking("A1", ELECTRICITY, newbs="40")
    rows.booking("A1", "TaxIncludedAmount", newbs="50")
    rows.booking("A1", "VAT", newbs="40")
    corrected = [amounts(row) for row in build(warehouse, rows).family("B")]
    assert (Decimal("-30.00"), None) in corrected


def test_correction_of_an_empty_aggregate_id_covers_tax_lines(warehouse: Warehouse) -> None:
    """Error markers of the electricity formula are debits below zero too."""
    rows = LedgerRows()
    rows.document()
    rows.tax_line(None, ELECTRICITY, newbs="40")
    rows.tax_line("", "vat.Amount", newbs="50")
    shown = {amounts(row) for row in build(warehouse, rows).family("D")}
    assert shown == {(Decimal("1.00"), None), (None, Decimal("19.00"))}
