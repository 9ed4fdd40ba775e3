"""What a charge is booked with: every branch of the amount table of docs/domain.md 3.10, and its date limits."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.include.sql.tripica.amount_cases import BONUS, CASES, VALUES, Case, T
from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import Results, amounts, build
from tests.support.warehouse import Warehouse

# Net, gross and VAT of the other charge of the aggregate, which gives the aggregate its signs.
OTHERS = ((0, 0, -100000), (-100000, -100000, 0))


def add_case(rows: LedgerRows, case: Case, number: int) -> list[int]:
    """The case's charge in two aggregates of different signs; returns both charges."""
    listed_sign = -1 if case.glid == BONUS else 1
    charges = []
    for place, (net, gross, vat) in enumerate(OTHERS):
        aggregate = f"A{number}-{place}"
        created = case.created and f"{case.created} 12:00 Europe/Berlin"
        shared = {"aggregateid": aggregate, "analyticaxis": case.axis, "datetimecreate": created}
        charges.append(
            rows.charge(
                case.glid, net=listed_sign * 10000, gross=listed_sign * 13000, vat=case.vat, energy=1100, **shared
            )
        )
        rows.charge("GAS_OTHER", net=net, gross=gross, vat=vat, aggregateid=aggregate)
        tax = ("gasTax", "20.50", -1) if case.formula in (T, "energyTax.Amount", "ELECTRICITYTAX") else None
        (tax_aggregate,) = rows.aggregate(aggregate, [tax or ("VAT", "0.19", -1)])
        rows.booking(
            aggregate,
            case.formula,
            booking_created=case.booked,
            newko=case.account,
            tax_aggregate_ouid=tax_aggregate if case.item else None,
        )
    return charges


@pytest.fixture(scope="module")
def built(shared_warehouse: Warehouse) -> tuple[Results, dict[str, list[int]]]:
    """All cases in one build, and the charges of each."""
    rows = LedgerRows()
    charges = {case.name: add_case(rows, case, number) for number, case in enumerate(CASES)}
    return build(shared_warehouse, rows), charges


@pytest.fixture(scope="module")
def branches(shared_warehouse: Warehouse, built: tuple[Results, dict[str, list[int]]]) -> dict[int, int]:
    """The branch of each charge's booking."""
    found = shared_warehouse.rows("select charge_ouid, branch from report_oibl_work.tripica_charge_bookings")
    return dict(found)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_first_branch_that_holds_gives_the_amount(
    case: Case, built: tuple[Results, dict[str, list[int]]], branches: dict[int, int]
) -> None:
    results, charges = built
    booked = [[amounts(row) for row in results.bookings(charge)] for charge in charges[case.name]]
    assert booked == [[(Decimal(value), None)] for value in VALUES[case.value]]
    assert {branches[charge] for charge in charges[case.name]} == {case.branch}


def test_every_branch_has_cases() -> None:
    assert {case.branch for case in CASES} == set(range(1, 23))


def test_case_names_are_distinct() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    ("side", "expected"),
    [("40", (Decimal(119), None)), ("50", (None, Decimal(119))), ("60", (None, None)), (None, (None, None))],
)
def test_side_of_the_line_decides_between_debit_and_credit(
    warehouse: Warehouse, side: str | None, expected: tuple[Decimal | None, Decimal | None]
) -> None:
    rows = LedgerRows()
    charge = rows.charge(aggregateid="A1")
    rows.booking("A1", newbs=side)
    (booking,) = build(warehouse, rows).bookings(charge)
    assert amounts(booking) == expected


@pytest.mark.parametrize(("formula", "expected"), [("VATExcludedAmount", 0), ("GASTAX", 3)])
def test_missing_amounts_count_as_nothing(warehouse: Warehouse, formula: str, expected: int) -> None:
    rows = LedgerRows()
    charge = rows.charge(net=None, gross=None, vat=None, energy=-300, aggregateid="A1")
    rows.charge(vat=100, aggregateid="A1")
    rows.booking("A1", formula)
    (booking,) = build(warehouse, rows).bookings(charge)
    assert amounts(booking) == (expected, None)


def test_bookings_need_an_aggregate_id_that_is_not_empty(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    for aggregate in (None, "", "other"):
        rows.charge(aggregateid=aggregate)
    rows.booking("")
    rows.booking(None)
    rows.booking("A1")
    assert build(warehouse, rows).family("B") == []


def test_charges_that_cannot_be_due_are_booked_all_the_same(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge("GAS_CONSUMPTION", analyticaxis="cancellation", aggregateid="A1")
    rows.booking("A1")
    results = build(warehouse, rows)
    assert results.open_items() == {}
    assert len(results.bookings(charge)) == 1


def test_line_without_account_shows_its_tax_code(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(aggregateid="A1")
    rows.booking("A1", newko=None, mwskz="2A")
    (booking,) = build(warehouse, rows).bookings(charge)
    assert booking["booking_mainledger_account"] == "tax code: 2A"
