"""The bill of manually entered consumption: docs/domain.md 3.5."""

from __future__ import annotations

import json

import pytest

from tests.include.sql.tripica.billing_rows import ACCOUNT
from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse

SPAN = {"startdatetime": "2024-01-01 00:00 Europe/Berlin", "enddatetime": "2024-12-31 00:00 Europe/Berlin"}
CREATED = "2024-03-05 14:05 Europe/Berlin"
SAME_HOUR = "2024-03-05 14:59:59 Europe/Berlin"


def add_consumption(rows: LedgerRows, transaction: str = "T", **columns: str | None) -> int:
    ordinary = {"productname": "Gas", "datetimecreate": CREATED, "aggregateid": "A1"} | SPAN
    return rows.charge("GAS_MANUAL_CONSUMPTION", transaction, **ordinary | columns)  # type: ignore[arg-type]


def add_product(rows: LedgerRows, bill_id: str | None = "MV-1", **columns: object) -> None:
    ordinary = {"ouid": 900, "name": "Gas", "billingaccountouid": ACCOUNT, "orderdate": SAME_HOUR} | SPAN
    characteristics = json.dumps({"billId": bill_id} if bill_id else {})
    rows.add("datalake_vault.product", characteristics=characteristics, **ordinary | columns)


def bill_id(warehouse: Warehouse, rows: LedgerRows, charge: int) -> str | None:
    found: str | None = build(warehouse, rows).open_items()[charge]["bill_id"]
    return found


def test_product_ordered_in_the_hour_of_the_charge_names_the_bill_of_the_transaction(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    add_consumption(rows)
    sibling = rows.charge("GAS_ABSCHLAG", "T")
    add_product(rows)
    assert bill_id(warehouse, rows, sibling) == "MV-1"


def test_charge_with_a_bill_of_its_own_keeps_it(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    add_consumption(rows)
    sibling = rows.charge("GAS_ABSCHLAG", "T", settlementnoteadviceouid=rows.bill(number="R-7"))
    add_product(rows)
    assert bill_id(warehouse, rows, sibling) == "R-7"


@pytest.mark.parametrize(
    "product",
    [
        {"orderdate": "2024-03-05 15:00 Europe/Berlin"},
        {"orderdate": "2024-03-04 14:05 Europe/Berlin"},
        {"orderdate": None},
        {"name": "Strom"},
        {"billingaccountouid": 2},
        {"startdatetime": "2024-01-02 00:00 Europe/Berlin"},
        {"enddatetime": None},
        {"bill_id": None},
    ],
)
def test_product_that_differs_in_any_respect_names_no_bill(warehouse: Warehouse, product: dict[str, object]) -> None:
    rows = LedgerRows()
    add_consumption(rows)
    sibling = rows.charge("GAS_ABSCHLAG", "T")
    add_product(rows, **product)  # type: ignore[arg-type]
    assert bill_id(warehouse, rows, sibling) is None


def test_smallest_of_several_bills_counts(warehouse: Warehouse) -> None:
    """Tie-break N9, in byte order."""
    rows = LedgerRows()
    add_consumption(rows)
    sibling = rows.charge("GAS_ABSCHLAG", "T")
    for number in ("mv-1", "MV-3", "MV-2"):
        add_product(rows, number)
    assert bill_id(warehouse, rows, sibling) == "MV-2"
