"""What the checks before and after the build of tripica accept, and what they say when they do not."""

from __future__ import annotations

from typing import Any

import pytest

from tests.include.sql.run_scripts import ScriptRun, read_system, run_check, run_stage
from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse


def check(warehouse: Warehouse, stage: str, number: str, day: str = "2024-07-01") -> ScriptRun:
    """Run the check of a stage whose name begins with the number."""
    (script,) = [script for script in read_system("tripica").stage(stage) if script.name.startswith(number)]
    return run_check(warehouse, script.path, day)


def false_columns(run: ScriptRun) -> list[str]:
    return [name for name, value in run.row.items() if not value]


def test_all_checks_pass_on_ordinary_data(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge(aggregateid="A1", datetimelastmodif="2024-06-30 12:00 Europe/Berlin")
    rows.balance("T-1", datetimelastmodif="2024-06-30 12:00 Europe/Berlin")
    for side in ("40", "50"):
        rows.booking("A1", newbs=side, wrbed_aggregate="119,00")
    build(warehouse, rows)
    runs = run_stage(warehouse, "tripica", "prechecks") + run_stage(warehouse, "tripica", "postchecks")
    assert [run.script for run in runs if not run.passed] == []
    assert len(runs) == 7


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("drop table datalake_vault.note", "datalake_vault.note is missing"),
        (
            "alter table datalake_vault.login drop column externalid, drop column ouid",
            "datalake_vault.login is without column externalid, ouid",
        ),
        (
            "revoke select on datalake_vault.product from billing_aggregator",
            "datalake_vault.product is not readable",
        ),
        ("drop schema paymentallocation_vault cascade", "paymentallocation_vault.payments is missing"),
    ],
)
def test_missing_or_unreadable_source_fails_and_is_named(warehouse: Warehouse, change: str, problem: str) -> None:
    warehouse.execute(change)
    run = check(warehouse, "prechecks", "010")
    assert false_columns(run) == ["source_tables_readable"]
    assert problem in run.row["details"]


def test_missing_dunning_sources_do_not_fail(warehouse: Warehouse) -> None:
    warehouse.execute("drop schema dunning_vault, dunninglock_vault, receivablemanagement_vault cascade")
    assert check(warehouse, "prechecks", "010").passed


@pytest.mark.parametrize(
    "change",
    [
        "drop table report_oibl.bookkeeper_tax_lines",
        "alter table report_oibl.bookkeeper_tax_lines owner to postgres",
        "drop schema report_oibl cascade",
    ],
)
def test_missing_or_unreadable_booking_results_fail(warehouse: Warehouse, change: str) -> None:
    warehouse.execute(change)
    run = check(warehouse, "prechecks", "020")
    assert "booking_results_readable" in false_columns(run)
    assert "bookkeeper_tax_lines" in run.row["details"]


@pytest.mark.parametrize(("day", "passes"), [("2024-06-01", True), ("2024-07-08", True), ("2024-07-09", False)])
def test_booking_results_may_be_seven_days_older_than_the_run(warehouse: Warehouse, day: str, passes: bool) -> None:
    """The bookings were built for 2024-07-01."""
    run = check(warehouse, "prechecks", "020", day)
    assert run.passed == passes
    assert "built for business date 2024-07-01" in run.row["details"]


def test_booking_results_of_unknown_age_fail(warehouse: Warehouse) -> None:
    warehouse.execute("comment on table report_oibl.bookkeeper_results is null")
    run = check(warehouse, "prechecks", "020")
    assert false_columns(run) == ["booking_results_recent"]
    assert "built for business date unknown, expected 2024-06-24 or later" in run.row["details"]


def test_charge_listed_twice_fails_and_is_named(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge(ouid=12)
    build(warehouse, rows)
    warehouse.execute("insert into report_oibl.tripica_results select * from report_oibl.tripica_results")
    run = check(warehouse, "postchecks", "010")
    assert false_columns(run) == ["one_open_item_per_charge"]
    assert run.row["details"].startswith("1 charges are listed as more than one open item, e.g. charge 12 2 times; ")


def test_empty_list_fails(warehouse: Warehouse) -> None:
    build(warehouse)
    assert false_columns(check(warehouse, "postchecks", "010")) == ["has_open_items"]


@pytest.mark.parametrize(("left", "passes"), [(9, True), (8, False)])
def test_open_items_may_shrink_by_a_tenth_since_the_last_run(warehouse: Warehouse, left: int, passes: bool) -> None:
    rows = LedgerRows()
    for number in range(1, 11):
        rows.charge(ouid=number)
    build(warehouse, rows)
    run_stage(warehouse, "tripica", "history", business_date="2024-06-30")
    warehouse.execute(f"delete from datalake_vault.applied_billing_charge where ouid > {left}")
    build(warehouse)
    run = check(warehouse, "postchecks", "010")
    assert run.passed == passes
    assert run.row["details"].endswith(
        f"; {left} open items, expected at least 0.90 times those of the last run (10 on 2024-06-30)"
    )


def test_runs_of_the_same_and_of_later_dates_are_not_compared_with(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge()
    build(warehouse, rows)
    warehouse.execute("insert into report_oibl.tripica_history_runs values ('2024-07-01', 100), ('2024-07-02', 100)")
    assert check(warehouse, "postchecks", "010").passed


def add_documents(rows: LedgerRows, balanced: int, unbalanced: int) -> None:
    """Documents of two equal lines in the ledger, of which the list shows one only if it is unbalanced."""
    for number in range(balanced + unbalanced):
        document: dict[str, Any] = {"xblnr": f"D{number:03}", "wrbed_aggregate": "119,00"}
        rows.charge(aggregateid=f"A{number}")
        rows.booking(f"A{number}", newbs="40", **document)
        rows.booking(f"A{number}" if number < balanced else "unknown", newbs="50", **document)


@pytest.mark.parametrize(("balanced", "passes"), [(19, True), (18, False)])
def test_one_document_in_twenty_may_be_unbalanced(warehouse: Warehouse, balanced: int, passes: bool) -> None:
    rows = LedgerRows()
    add_documents(rows, balanced, 1)
    build(warehouse, rows)
    run = check(warehouse, "postchecks", "020")
    assert run.passed == passes
    assert run.row["details"] == (
        f"1 of {balanced + 1} documents that balance in the ledger differ by more than 0.01 euros, 119.00 euros in all;"
        f" at most a share of 0.05 may; the largest: D{balanced:03} (debit 119.00, credit 0)"
    )


def test_documents_that_do_not_balance_in_the_ledger_are_not_judged(warehouse: Warehouse) -> None:
    """The second document balances with its tax line, in the last two an amount is missing or unreadable."""
    rows = LedgerRows()
    for number in range(4):
        rows.charge(aggregateid=f"A{number}")
    rows.booking("A0", xblnr="D0", wrbed_aggregate="119,00")
    rows.booking("A1", xblnr="D1", wrbed_aggregate="19,00")
    rows.tax_line("unknown", xblnr="D1", wrbed="19,00")
    rows.booking("A2", xblnr="D2", wrbed_aggregate="1.190,00")
    rows.booking("A3", xblnr="D3", wrbed_aggregate=None)
    build(warehouse, rows)
    details = check(warehouse, "postchecks", "020").row["details"]
    assert details.startswith("1 of 1 documents")
    assert details.endswith("the largest: D1 (debit 119.00, credit 0)")


def test_limits_are_settings(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    add_documents(rows, 0, 1)
    build(warehouse, rows)
    warehouse.execute("update report_oibl.tripica_limits set limit_value = 200 where limit_name = 'document_tolerance'")
    assert check(warehouse, "postchecks", "020").passed


def add_lines(rows: LedgerRows, known: int, **missing: Any) -> None:
    """Booking lines of which one has no account for its tax code, and as many as `known` have one."""
    for number in range(known + 1):
        rows.charge(aggregateid=f"A{number}")
        rows.booking(f"A{number}", xblnr=f"D{number:03}", **(missing if number == known else {}))


@pytest.mark.parametrize(("known", "passes"), [(19, True), (18, False)])
def test_one_booking_row_in_twenty_may_be_without_account(warehouse: Warehouse, known: int, passes: bool) -> None:
    rows = LedgerRows()
    add_lines(rows, known, newko=None, mwskz="ZZ")
    build(warehouse, rows)
    run = check(warehouse, "postchecks", "030")
    assert run.passed == passes
    assert run.row["details"] == (
        f"1 of {known + 1} booking rows have no account, at most a share of 0.05 may; most often: tax code: ZZ (1)"
    )


def test_payments_without_account_count_and_open_items_do_not(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    add_lines(rows, 1)
    build(warehouse, rows)
    warehouse.execute("update report_oibl.tripica_results set booking_mainledger_account = null")
    run = check(warehouse, "postchecks", "030")
    assert false_columns(run) == ["accounts_known"]
    assert run.row["details"].startswith("2 of 2 booking rows")
    assert run.row["details"].endswith("most often: none (2)")


def test_without_bookings_no_account_is_missing(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge()
    build(warehouse, rows)
    run = check(warehouse, "postchecks", "030")
    assert run.passed
    assert run.row["details"] == "0 of 0 booking rows have no account, at most a share of 0.05 may"


@pytest.mark.parametrize(("client_id", "passes"), [("enercity", False), ("local", False), ("q-cells", True)])
def test_clients_without_tax_accounts_may_lack_all_of_them(warehouse: Warehouse, client_id: str, passes: bool) -> None:
    rows = LedgerRows()
    add_lines(rows, 0, newko=None)
    build(warehouse, rows, client_id)
    assert check(warehouse, "postchecks", "030").passed == passes
