"""What holds whatever the source rows are and however they are stored."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import Results, build
from tests.support.warehouse import Warehouse

GLIDS = (
    "GAS_ABSCHLAG",
    "GAS_BILL",
    "GAS_MANUAL_BILL",
    "GAS_MANUAL_BONUS",
    "GAS_MANUAL_BONUS_REFUND",
    "GAS_MANUAL_CONSUMPTION",
    "GAS_CANCELLATION_BALANCE",
    "BANK_FEE",
    "OVERPAYMENT_CREDIT",
    "OVERPAYMENT_USED",
)
FORMULAS = ("TaxIncludedAmount", "VATExcludedAmount - ELECTRICITYTAX", "VAT", "GASTAX", None)
STATUSES = ("DUE", "DUE_LETTERED", "DUE_CANCELLED", "PAID")
TABLES = (
    "datalake_vault.billing_account",
    "datalake_vault.billing_account_relationship",
    "datalake_vault.login",
    "datalake_vault.settlement_note_advice",
    "datalake_vault.applied_billing_charge",
    "datalake_vault.applied_billing_tax_rate",
    "datalake_vault.billing_account_balance",
    "datalake_vault.payment_request",
    "datalake_vault.payment_item",
    "report_oibl.bookkeeper_results",
    "report_oibl.bookkeeper_tax_lines",
    "report_oibl.bookkeeper_document_headers",
)


def random_rows(seed: int) -> LedgerRows:
    """A small world with few accounts, transactions, amounts and days, so that everything meets everything."""
    pick = random.Random(seed)  # noqa: S311 - test data
    rows = LedgerRows()
    for account in range(2, 5):
        rows.account(account, f"ACC-{account}", customer=1000 + pick.randint(1, 3), flag=pick.choice((None, "x")))
        rows.master(pick.randint(1, 4), account)
        rows.login(10 + account, 1000 + pick.randint(1, 3), f"KD-{account}")
    bills = [rows.bill(due=day(pick), created=day(pick)) for _ in range(3)]
    for _ in range(25):
        rows.charge(
            pick.choice(GLIDS),
            transaction(pick),
            net=pick.choice((-500, 0, 1000)),
            gross=pick.choice((-600, 1190)),
            vat=pick.choice((None, -19, 190)),
            energy=pick.choice((None, 20)),
            rejects=pick.choice((None, None, transaction(pick))),
            pays=pick.choice((None, None, transaction(pick))),
            billingaccountouid=pick.randint(1, 5),
            aggregateid=pick.choice((None, "", "A1", "A2")),
            settlementnoteadviceouid=pick.choice((None, *bills)),
            datetimecreate=day(pick),
            accountingid=pick.choice((None, "ignored")),
        )
    balances = [
        rows.balance(
            transaction(pick),
            pick.choice(STATUSES),
            pick.choice((-600, 1190)),
            billingaccountouid=pick.randint(1, 4),
            aggregateid=pick.choice((None, "A1")),
            letteringdate=pick.choice((None, day(pick))),
            startdatetime=day(pick),
            datetimelastmodif=day(pick),
        )
        for _ in range(12)
    ]
    for _ in range(6):
        payment = rows.payment(transaction(pick), pick.choice(("REJECTED", "CANCELLED", "SENT")), daterequest=day(pick))
        rows.payment_item(payment, pick.choice(balances), amount=pick.choice((-600, 1190)))
    for _ in range(12):
        rows.booking(pick.choice(("A1", "A2", "")), pick.choice(FORMULAS), newbs=pick.choice(("40", "50")))
        rows.tax_line(pick.choice(("A1", "A2", None)), pick.choice(FORMULAS))
    rows.document()
    return rows


def transaction(pick: random.Random) -> str:
    return f"T{pick.randint(1, 6)}"


def day(pick: random.Random) -> str:
    return f"2024-0{pick.randint(1, 9)}-15 12:00 Europe/Berlin"


def rebuilt(warehouse: Warehouse, rows: LedgerRows, order: list[int] | None = None) -> Results:
    warehouse.execute(f"truncate {', '.join(TABLES)}")
    rows.load(warehouse, order)
    return build(warehouse)


def multiset(results: Results) -> Counter[tuple[object, ...]]:
    return Counter(tuple(row.values()) for row in results.rows)


few = settings(
    max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@few
@given(seed=st.integers(0, 10**6))
def test_a_charge_is_one_open_item_at_most(warehouse: Warehouse, seed: int) -> None:
    results = rebuilt(warehouse, random_rows(seed))
    assert len(results.family("A")) == len(results.open_items())


@few
@given(seed=st.integers(0, 10**6))
def test_rows_and_their_order_do_not_depend_on_the_order_of_the_source(warehouse: Warehouse, seed: int) -> None:
    rows = random_rows(seed)
    first = rebuilt(warehouse, rows)
    order = list(range(len(rows)))
    random.Random(seed + 1).shuffle(order)  # noqa: S311 - test data
    assert rebuilt(warehouse, rows, order).rows == first.rows


@few
@given(seed=st.integers(0, 10**6))
def test_rows_do_not_depend_on_how_the_planner_joins(warehouse: Warehouse, seed: int) -> None:
    rows = random_rows(seed)
    first = rebuilt(warehouse, rows)
    try:
        for setting in ("enable_hashjoin = off", "enable_mergejoin = off", "enable_hashagg = off", "work_mem = '64kB'"):
            warehouse.execute(f"alter role billing_aggregator set {setting}")
        assert multiset(build(warehouse)) == multiset(first)
    finally:
        warehouse.execute("alter role billing_aggregator reset all")


@few
@given(seed=st.integers(0, 10**6))
def test_booked_charges_are_distinct_rows(warehouse: Warehouse, seed: int) -> None:
    results = rebuilt(warehouse, random_rows(seed))
    for family in "ABDE":
        repeated = [row for row, times in multiset(Results(results.family(family))).items() if times > 1]
        assert repeated == []
