"""The sample data reach every rule, so that a look at the sample warehouse shows each of them at work."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing

import pytest

from billing_aggregator.run.tables import ensure_tables
from local.servers.stack import Stack
from postgres_to_s3.postgres.session import Session
from tests.include.sql.run_scripts import build_bookkeeper, run_stage
from tests.include.sql.tripica.results import Results, build
from tests.support.repository import REPO
from tests.support.warehouse import Warehouse, temporary_warehouse

WORK = "report_oibl_work"


@pytest.fixture(scope="module")
def sample(stack: Stack, sample_template: str) -> Iterator[tuple[Warehouse, Results]]:
    """The sample warehouse with the results of bookkeeper and tripica."""
    with temporary_warehouse(stack, "sample_coverage", sample_template) as warehouse:
        build_bookkeeper(warehouse)
        yield warehouse, build(warehouse)


def counted(sample: tuple[Warehouse, Results], query: str) -> int:
    ((count,),) = sample[0].rows(query)
    return int(count)


def test_sample_has_rows_of_every_family(sample: tuple[Warehouse, Results]) -> None:
    assert {letter for letter in "ABCDE" if sample[1].family(letter)} == set("ABCDE")


def test_sample_reaches_every_branch_of_the_amount_table(sample: tuple[Warehouse, Results]) -> None:
    found = sample[0].rows(f"select distinct branch from {WORK}.tripica_charge_bookings")
    assert {branch for (branch,) in found} == set(range(1, 23))


def test_sample_reaches_every_due_charge_type(sample: tuple[Warehouse, Results]) -> None:
    query = (
        f"select count(*) from {WORK}.tripica_due_charge_types as due_types where not exists (select"
        f" from {WORK}.tripica_charges as charges where charges.is_reported"
        " and charges.glid like due_types.glid_pattern)"
    )
    assert counted(sample, query) == 0


def test_sample_reaches_every_formula(sample: tuple[Warehouse, Results]) -> None:
    query = (
        f"select count(*) from {WORK}.tripica_formula_classes as classes where not exists (select"
        f" from {WORK}.tripica_booking_lines as lines where lines.formula = classes.formula)"
    )
    assert counted(sample, query) == 0


@pytest.mark.parametrize(
    "query",
    [
        "tripica_transaction_dates where is_split",
        f"tripica_balances as balances inner join {WORK}.tripica_charges as charges on"
        " (balances.transactionid, balances.billingaccountouid, balances.amount)"
        " = (charges.transactionid, charges.billingaccountouid, charges.gross_cents) where balances.is_due and"
        f" charges.transactionid in (select transactionid from {WORK}.tripica_transaction_dates where is_split)",
        f"tripica_charges as bonuses inner join {WORK}.tripica_charges as refunds on"
        " (bonuses.transactionid, bonuses.billingaccountouid, bonuses.gross_cents)"
        " = (refunds.transactionid, refunds.billingaccountouid, refunds.gross_cents) where bonuses.glid like"
        " '%_MANUAL_BONUS' and refunds.glid like '%_MANUAL_BONUS_REFUND'",
        "tripica_overpayment_dates where ended_on is not null",
        "tripica_cancelled_charges",
        "tripica_subjects where glid like '%_MANUAL_CONSUMPTION' and bill_id is not null",
        "tripica_write_offs",
        "tripica_write_off_elements where charge_ouid is null",
        "tripica_dunning where dunning_level is not null",
        "tripica_dunning where dunning_lock_until is not null",
        "tripica_account_holders where holder_no > 1",
        "tripica_aggregate_signs where gross_sign < 0",
        "tripica_aggregate_signs where tax_sign < 0",
        "tripica_tax_links where item_sign < 0",
        "tripica_charges where aggregateid <> '' and aggregateid not in"
        f" (select aggregateid from {WORK}.tripica_aggregate_signs)",
        "tripica_charges where glid like '%_FEE' and settlementnoteadviceouid is not null",
        "tripica_charges where glid like '%_CANCELLATION_BALANCE'",
        "tripica_corrected_aggregates",
    ],
)
def test_sample_reaches_rule(sample: tuple[Warehouse, Results], query: str) -> None:
    assert counted(sample, f"select count(*) from {WORK}.{query}") > 0


def test_sample_passes_all_checks(sample: tuple[Warehouse, Results]) -> None:
    runs = run_stage(sample[0], "tripica", "prechecks") + run_stage(sample[0], "tripica", "postchecks")
    assert {run.script: run.row["details"] for run in runs if not run.passed} == {}


def test_the_role_of_the_pipeline_may_run_every_query_of_the_runbook(sample: tuple[Warehouse, Results]) -> None:
    runbook = (REPO / "docs" / "operations.md").read_text(encoding="utf-8")
    queries = [
        query
        for block in re.findall(r"```sql\n(.*?)```", runbook, re.DOTALL)
        for query in block.split(";")
        if query.strip()
    ]

    assert len(queries) >= 8
    with closing(sample[0].connect()) as connection, connection.cursor() as cursor:
        ensure_tables(Session(connection))
        for query in queries:
            cursor.execute(query)
            assert cursor.description, query
