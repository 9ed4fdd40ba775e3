"""Who and what a row shows of its charge: docs/domain.md 2.6 and 3.11."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse

HOLDER = ("mba", "cba", "customer_id", "login_ouid", "billing_account_ouid")


def shown(warehouse: Warehouse, rows: LedgerRows, *columns: str) -> tuple[Any, ...]:
    (item,) = build(warehouse, rows).family("A")
    return tuple(item[column] for column in columns)


def test_account_without_master_is_its_own_master(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge()
    assert shown(warehouse, rows, *HOLDER) == ("ACC-1", None, "KD-1", "11", "1")


def test_account_below_a_master_shows_both(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge()
    rows.master(1, rows.account(2, "MASTER"))
    assert shown(warehouse, rows, *HOLDER) == ("MASTER", "ACC-1", "KD-1", "11", "1")


@pytest.mark.parametrize(("child", "target"), [(1, 99), (99, 1)])
def test_relationship_with_an_unknown_account_does_not_count(warehouse: Warehouse, child: int, target: int) -> None:
    rows = LedgerRows()
    rows.charge()
    rows.master(child, target)
    assert shown(warehouse, rows, "mba", "cba") == ("ACC-1", None)


def test_charge_of_an_unknown_account_is_listed_without_holder(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge(billingaccountouid=99)
    assert shown(warehouse, rows, *HOLDER) == (None,) * 5


def test_customer_without_login_has_no_customer_id(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge(billingaccountouid=rows.account(2, "ACC-2", customer=2002))
    assert shown(warehouse, rows, *HOLDER) == ("ACC-2", None, None, None, "2")


def test_smallest_master_then_smallest_login_counts_for_an_open_item(warehouse: Warehouse) -> None:
    """Tie-break N1, in byte order."""
    rows = LedgerRows()
    rows.charge()
    rows.login(9, 1001, "KD-9")
    rows.login(100, 1001, "KD-0")
    for ouid, name in ((2, "b"), (3, "C"), (4, "D")):
        rows.master(1, rows.account(ouid, name))
    assert shown(warehouse, rows, "mba", "login_ouid") == ("C", "9")


@pytest.mark.parametrize(
    ("own", "masters", "expected"), [("own", "m", "own"), (None, "m", "m"), ("own", None, "own"), (None, None, None)]
)
def test_own_migration_flag_outweighs_the_masters(
    warehouse: Warehouse, own: str | None, masters: str | None, expected: str | None
) -> None:
    rows = LedgerRows()
    rows.charge(billingaccountouid=rows.account(2, "ACC-2", flag=own))
    rows.master(2, rows.account(3, "MASTER", flag=masters))
    assert shown(warehouse, rows, "migration_flag") == (expected,)


def test_taxes_are_summed_by_kind_in_euros(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge(net=10005, gross=-5, vat=1900, energy=300)
    rows.tax(charge, "VAT", 700, "0.07")
    rows.tax(charge, "VAT", None, "0.07")
    rows.tax(charge, "electricityTax", -100, "20.50")
    rows.tax(charge, "other", 9999, "0.07")
    found = shown(warehouse, rows, "amount_net", "amount_gross", "amount_vat", "amount_energy_tax")
    assert found == (Decimal("100.05"), Decimal("-0.05"), Decimal(26), Decimal(2))


def test_amounts_are_printed_as_quotients(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge(net=11900, gross=5)
    build(warehouse, rows)
    texts = warehouse.rows("select amount_net::text, amount_gross::text from report_oibl.tripica_results")
    assert texts == [("119.0000000000000000", "0.05000000000000000000")]


@pytest.mark.parametrize("category", [None, "other"])
def test_charge_without_tax_row_vanishes(warehouse: Warehouse, category: str | None) -> None:
    """Oddity K1."""
    rows = LedgerRows()
    charge = rows.charge(vat=None, aggregateid="A1")
    if category:
        rows.tax(charge, category, 100, "0.19")
    rows.booking("A1")
    assert build(warehouse, rows).rows == []


def test_tax_row_without_amount_is_enough(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.tax(rows.charge(vat=None), "electricityTax", None, None)
    assert shown(warehouse, rows, "amount_vat", "amount_energy_tax") == (None, None)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("2019-07-30 23:59:59 Europe/Berlin", 0),
        ("2019-07-30 22:00:00+00", 1),
        ("2019-07-31 00:00 Europe/Berlin", 1),
        (None, 0),
    ],
)
def test_charges_count_if_changed_after_30_july_2019_in_berlin(
    warehouse: Warehouse, changed: str | None, expected: int
) -> None:
    rows = LedgerRows()
    rows.charge(aggregateid="A1", datetimelastmodif=changed)
    rows.booking("A1")
    results = build(warehouse, rows)
    assert (len(results.family("A")), len(results.family("B"))) == (expected, expected)


@pytest.mark.parametrize(("bill", "expected"), [("R-7", "R-7"), (None, None)])
def test_bill_id_is_the_headers(warehouse: Warehouse, bill: str | None, expected: str | None) -> None:
    rows = LedgerRows()
    rows.charge(settlementnoteadviceouid=rows.bill(number=bill))
    assert shown(warehouse, rows, "bill_id") == (expected,)


@pytest.mark.parametrize("again", ["R-7", "R-8", None])
def test_a_header_that_the_source_repeats_counts_once(warehouse: Warehouse, again: str | None) -> None:
    """Of bill numbers that differ the smallest counts."""
    rows = LedgerRows()
    bill = rows.bill(number="R-7")
    rows.charge(settlementnoteadviceouid=bill, aggregateid="A1")
    rows.add("datalake_vault.settlement_note_advice", ouid=bill, id=again)
    rows.booking("A1")
    results = build(warehouse, rows)
    assert [[row["bill_id"] for row in results.family(family)] for family in "AB"] == [["R-7"], ["R-7"]]


def test_source_rows_without_keys_do_no_harm(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.add("datalake_vault.applied_billing_charge", ouid=5, datetimelastmodif="2024-01-01")
    rows.tax(5, "VAT", 100, "0.19")
    rows.balance(None, "DUE", None, aggregateid="A1", billingaccountouid=None)
    rows.add("datalake_vault.billing_account", ouid=None, name=None)
    rows.booking("A1")
    results = build(warehouse, rows)
    assert [row["mba"] for row in results.rows] == [None]
    assert len(results.family("C")) == 1
