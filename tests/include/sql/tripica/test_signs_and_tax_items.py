"""Signs of aggregates, tax items and VAT links: docs/domain.md 3.4 and 3.9."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import Results, amounts, build
from tests.support.warehouse import Warehouse


def debit(results: Results, charge: int) -> Decimal | None:
    (booking,) = results.bookings(charge)
    found: Decimal | None = amounts(booking)[0]
    return found


def test_credits_and_bonuses_are_listed_with_the_opposite_sign(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    credit = rows.charge("OVERPAYMENT_CREDIT", energy=300)
    bonus = rows.charge("GAS_MANUAL_BONUS")
    used = rows.charge("OVERPAYMENT_USED")
    items = build(warehouse, rows).open_items()
    shown = ("amount_net", "amount_gross", "amount_vat", "amount_energy_tax")
    assert [items[credit][column] for column in shown] == [-100, -119, 19, 3]
    assert [items[bonus][column] for column in shown] == [-100, -119, 19, None]
    assert [items[used][column] for column in shown] == [100, 119, 19, None]


@pytest.mark.parametrize(
    ("charges", "expected"),
    [
        ([(11900, 1900), (-5000, -800)], [Decimal("119.00"), Decimal("-50.00")]),
        ([(-11900, -1900), (5000, 800)], [Decimal("119.00"), Decimal("-50.00")]),
        ([(5000, 800), (-5000, -800)], [Decimal("50.00"), Decimal("-50.00")]),
        ([(None, 800)], [Decimal("0.00")]),
    ],
)
def test_gross_takes_the_sign_of_the_aggregates_sum_and_zero_counts_as_positive(
    warehouse: Warehouse, charges: list[tuple[int | None, int]], expected: list[Decimal]
) -> None:
    rows = LedgerRows()
    keys = [rows.charge(gross=gross, vat=vat, aggregateid="A1") for gross, vat in charges]
    rows.booking("A1")
    results = build(warehouse, rows)
    assert [debit(results, key) for key in keys] == expected


def test_aggregate_of_bonuses_counts_their_listed_sign(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    bonus = rows.charge("GAS_MANUAL_BONUS", aggregateid="A1")
    rows.booking("A1")
    assert debit(build(warehouse, rows), bonus) == Decimal("119.00")


def test_charge_counts_its_gross_once_per_vat_row(warehouse: Warehouse) -> None:
    """Oddity K13: twice -60.00 outweighs once 119.00."""
    rows = LedgerRows()
    single = rows.charge(gross=11900, aggregateid="A1")
    double = rows.charge(gross=-6000, vat=-500, aggregateid="A1")
    rows.tax(double, "VAT", -100, "0.07")
    rows.booking("A1")
    results = build(warehouse, rows)
    assert (debit(results, single), debit(results, double)) == (Decimal("-119.00"), Decimal("60.00"))


def test_aggregate_without_vat_has_no_signs_and_no_amounts(warehouse: Warehouse) -> None:
    """Oddity K13."""
    rows = LedgerRows()
    charge = rows.charge(vat=None, energy=300, aggregateid="A1")
    for formula in ("TaxIncludedAmount", "VATExcludedAmount", "GASTAX"):
        rows.booking("A1", formula, xblnr=formula)
    results = build(warehouse, rows)
    assert [amounts(row)[0] for row in results.bookings(charge)] == [Decimal("3.00"), None, None]


def test_charges_before_the_cut_off_count_for_the_signs(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(gross=11900, aggregateid="A1")
    rows.charge(gross=-99900, aggregateid="A1", datetimelastmodif="2018-01-01 12:00+00")
    rows.booking("A1")
    assert debit(build(warehouse, rows), charge) == Decimal("-119.00")


def test_tax_item_is_the_tax_row_of_the_tax_aggregates_category_and_rate(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(vat=None, aggregateid="A1")
    fitting = rows.tax(charge, "VAT", 1900, "0.19")
    rows.tax(charge, "VAT", 700, "0.07")
    rows.tax(charge, "gasTax", 300, "0.19")
    rows.tax(charge, "VAT", 100, None)
    (tax_aggregate,) = rows.aggregate("A1", [("VAT", "0.190", 1900)])
    rows.booking("A1", "vat.Amount", tax_aggregate_ouid=tax_aggregate)
    (booking,) = build(warehouse, rows).bookings(charge)
    assert (booking["tax_item_ouid"], amounts(booking)) == (str(fitting), (Decimal("19.00"), None))


@pytest.mark.parametrize(("amount", "expected"), [(5, "19.00"), (-5, "-19.00"), (0, "0.00"), (None, "0.00")])
def test_item_takes_the_sign_of_the_tax_aggregates_amount(
    warehouse: Warehouse, amount: int | None, expected: str
) -> None:
    rows = LedgerRows()
    charge = rows.charge(aggregateid="A1")
    (tax_aggregate,) = rows.aggregate("A1", [("VAT", "0.19", amount)])
    rows.booking("A1", "VAT", tax_aggregate_ouid=tax_aggregate)
    assert debit(build(warehouse, rows), charge) == Decimal(expected)


def test_several_tax_rows_of_one_rate_are_several_bookings(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(vat=1000, aggregateid="A1")
    rows.tax(charge, "VAT", 900, "0.19")
    rows.tax(charge, "VAT", None, "0.19")
    (tax_aggregate,) = rows.aggregate("A1", [("VAT", "0.19", 1900)])
    rows.booking("A1", "VAT", tax_aggregate_ouid=tax_aggregate)
    results = build(warehouse, rows)
    assert [amounts(row)[0] for row in results.bookings(charge)] == [Decimal("10.00"), Decimal("9.00")]


@pytest.mark.parametrize(
    ("formula", "booked_by"),
    [("VAT", ["linked", "unlinked"]), ("TaxIncludedAmount", ["linked", "other", "unlinked"])],
)
def test_vat_line_books_only_charges_linked_to_its_tax_aggregate_if_they_are_linked_at_all(
    warehouse: Warehouse, formula: str, booked_by: list[str]
) -> None:
    rows = LedgerRows()
    charges = {name: rows.charge(vat=None, aggregateid="A1") for name in ("linked", "other", "unlinked")}
    for name, rate in (("linked", "0.19"), ("other", "0.07"), ("unlinked", "0.16")):
        rows.tax(charges[name], "VAT", 1900, rate)
    tax_aggregate, _ = rows.aggregate("A1", [("VAT", "0.19", 1900), ("VAT", "0.07", 1900)])
    rows.booking("A1", formula, tax_aggregate_ouid=tax_aggregate)
    results = build(warehouse, rows)
    assert [name for name, charge in charges.items() if results.bookings(charge)] == booked_by


def test_vat_link_needs_no_tax_amount(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(vat=None, aggregateid="A1")
    rows.tax(charge, "VAT", None, "0.19")
    linked, unlinked = rows.aggregate("A1", [("VAT", "0.19", 1900), ("VAT", "0.07", 1900)])
    rows.booking("A1", "VAT", tax_aggregate_ouid=linked, xblnr="linked")
    rows.booking("A1", "VAT", tax_aggregate_ouid=unlinked, xblnr="unlinked")
    (booking,) = build(warehouse, rows).bookings(charge)
    assert (booking["booking_reference_document_number"], booking["tax_item_ouid"]) == ("linked", None)


def test_second_header_of_an_aggregate_adds_its_tax_aggregates(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(aggregateid="A1")
    first = rows.aggregate("A1", [("VAT", "0.19", 1900)])
    second = rows.aggregate("A1", [("VAT", "0.19", -1900)])
    for number, tax_aggregate in enumerate(first + second):
        rows.booking("A1", "VAT", tax_aggregate_ouid=tax_aggregate, xblnr=str(number))
    results = build(warehouse, rows)
    assert [amounts(row)[0] for row in results.bookings(charge)] == [Decimal("19.00"), Decimal("-19.00")]
