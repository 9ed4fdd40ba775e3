"""Which kinds of charges can be open items: docs/domain.md 2.5 and 2.6 ("can be due")."""

from __future__ import annotations

import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import Results, build
from tests.support.warehouse import Warehouse

DUE = [
    "BANK_FEE",
    "DUNNING_FEE",
    "GAS_ABSCHLAG",
    "GAS_BILL",
    "GAS_BILL_MIGRATION",
    "GAS_CANCELLATION_BALANCE",
    "GAS_MANUAL_BILL",
    "GAS_MANUAL_BONUS",
    "EPILOT_PV_LEASE_PAY",
    "EPILOT_HEATPUMP_SERVICE_PAY",
    "EPILOT_WALLBOX_UNIT_PAY",
    "OVERPAYMENT_CREDIT",
    "OVERPAYMENT_REFUND",
    "OVERPAYMENT_USED",
    "METER_BLOCKING_GAS_FEE",
    "METER_BLOCKING_LETTER",
    "METER_UNBLOCKING_GAS_FEE",
    "GAS_CANCELLATION_BALANCE_WRITE_OFF",
    # oddity K17: an underscore of a pattern stands for any character
    "SOMEXBILL",
    "BANKXFEE",
]
NOT_DUE = [
    "BILL",
    "gas_bill",
    "GAS_ABSCHLAG_REJECTED",
    "BANK_FEE_MIGRATION",
    "BANK_FEE_RETURN",
    "DUNNING_FEE_MIGRATION",
    "GAS_MANUAL_BONUS_REFUND",
    "PAYMENT_TRANSACTION",
    "GAS_BILL_CANCEL",
    "GAS_CONSUMPTION",
    None,
]


@pytest.fixture(scope="module")
def listed(shared_warehouse: Warehouse) -> list[str | None]:
    """The kinds that became open items."""
    rows = LedgerRows()
    for glid in DUE + NOT_DUE:
        rows.charge(glid)
    return [item["glid"] for item in build(shared_warehouse, rows).open_items().values()]


@pytest.mark.parametrize("glid", DUE)
def test_due_kind_is_listed(glid: str, listed: list[str | None]) -> None:
    assert listed.count(glid) == 1


@pytest.mark.parametrize("glid", NOT_DUE)
def test_other_kind_is_not_listed(glid: str | None, listed: list[str | None]) -> None:
    assert glid not in listed


@pytest.mark.parametrize(
    ("glid", "axis", "expected"),
    [
        ("GAS_BILL", "credit cancellation", 0),
        ("GAS_MANUAL_BONUS", "special goodwill", 0),
        ("MANUAL_BONUS", "special", 0),
        ("GAS_BILL", "special", 1),
        ("GAS_MANUAL_BONUS", "goodwill", 1),
        ("GAS_BILL", "", 1),
    ],
)
def test_cancellations_and_special_bonuses_cannot_be_due(
    warehouse: Warehouse, glid: str, axis: str, expected: int
) -> None:
    rows = LedgerRows()
    rows.charge(glid, analyticaxis=axis)
    assert len(build(warehouse, rows).open_items()) == expected


def test_kind_of_two_patterns_is_listed_once(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge("GAS_MANUAL_BILL")
    assert len(build(warehouse, rows).family("A")) == 1


def test_client_without_layer_of_its_own_gets_the_default_kinds(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge("GAS_BILL")
    results: Results = build(warehouse, rows, client_id="q-cells")
    assert len(results.open_items()) == 1
