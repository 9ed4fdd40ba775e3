"""How old the sources may be for a run, and how its report names their state."""

from __future__ import annotations

import pytest

from tests.include.sql.run_scripts import ScriptRun, run_check, run_stage
from tests.support.warehouse import Warehouse

CHECKS = {
    "tripica": "prechecks/tripica/040_check_source_age.sql",
    "bookkeeper": "prechecks/bookkeeper/040_check_source_age.sql",
    "bookings": "prechecks/bookings/030_check_source_age.sql",
}
LIMITS = {"tripica": 7, "bookkeeper": 40, "bookings": 40}
RUN = "2024-07-01"


def changes(charges: str | None = None, balances: str | None = None) -> str:
    """Statements that add a charge and a balance, changed then; the balance with the charge unless said otherwise."""
    return f"""
        insert into datalake_vault.applied_billing_charge (ouid, datetimelastmodif)
        values (1, {f"'{charges}'" if charges else "null"});
        insert into datalake_vault.billing_account_balance (ouid, datetimelastmodif)
        values (1, {f"'{balances or charges}'" if balances or charges else "null"})
    """


def newest(system: str, instant: str) -> str:
    """Statements after which the newest change of the system's sources is of this instant."""
    booking_run = {
        "bookkeeper": "bookkeeper_vault.summaries (create_time)",
        "bookings": "bookings_vault.booking_runs (timestamp)",
    }
    if system == "tripica":
        return changes(instant)
    return f"insert into {booking_run[system]} values ('2020-01-01 00:00+00'), ('{instant}'), (null)"


def check(warehouse: Warehouse, system: str, after: str, *, day: str = RUN, environment: str = "prod") -> ScriptRun:
    """Run the check of the age of a system's sources, after these statements."""
    return run_check(warehouse, CHECKS[system], day, environment=environment, after=after)


@pytest.mark.parametrize("system", CHECKS)
@pytest.mark.parametrize(("days_too_many", "passes"), [(0, True), (1, False)])
def test_sources_may_be_as_old_as_the_limit(
    empty_warehouse: Warehouse, system: str, days_too_many: int, passes: bool
) -> None:
    (days,) = empty_warehouse.rows(f"select (date '{RUN}' - {LIMITS[system] + days_too_many})::text")
    after = newest(system, f"{days[0]} 00:00+00")

    row = check(empty_warehouse, system, after).row

    assert row["sources_are_recent"] == passes
    ((expected,),) = empty_warehouse.rows(f"select (date '{RUN}' - {LIMITS[system]})::text")
    assert row["details"].endswith(f"; expected changes of {expected} or later for this run of 2024-07-01")


@pytest.mark.parametrize("system", CHECKS)
@pytest.mark.parametrize(("environment", "passes"), [("local", True), ("dev", True), ("stage", False), ("prod", False)])
def test_samples_and_copies_may_be_of_any_age(
    empty_warehouse: Warehouse, system: str, environment: str, passes: bool
) -> None:
    row = check(empty_warehouse, system, newest(system, "2020-03-01 12:00+00"), environment=environment).row

    assert row["sources_are_recent"] == passes
    assert (row["details"] == f"no limit in environment {environment}") == passes
    assert row["report"].startswith("sources as of: ")


@pytest.mark.parametrize("system", CHECKS)
def test_rows_without_any_change_are_refused(empty_warehouse: Warehouse, system: str) -> None:
    after = {
        "tripica": changes(),
        "bookkeeper": "insert into bookkeeper_vault.summaries (create_time) values (null)",
        "bookings": "insert into bookings_vault.booking_runs (timestamp) values (null)",
    }

    row = check(empty_warehouse, system, after[system]).row

    assert not row["sources_are_recent"]
    assert "no change" in row["report"]


@pytest.mark.parametrize("system", CHECKS)
def test_a_table_without_rows_is_not_too_old_and_the_report_says_so(empty_warehouse: Warehouse, system: str) -> None:
    row = check(empty_warehouse, system, "select").row

    assert row["sources_are_recent"]
    assert "too old:" not in row["details"]
    assert " no rows" in row["report"]


def test_rows_that_were_never_changed_are_as_recent_as_their_creation(empty_warehouse: Warehouse) -> None:
    after = """
        insert into datalake_vault.applied_billing_charge (ouid, datetimecreate, datetimelastmodif)
        values (1, '2024-06-20 01:00+00', '2024-06-21 01:00+00'), (2, '2024-06-29 02:00+00', null);
        insert into datalake_vault.billing_account_balance (ouid, datetimecreate, datetimelastmodif)
        values (1, '2024-06-28 03:00+00', null), (2, '2024-06-01 00:00+00', '9999-12-31 00:00+00')
    """

    row = check(empty_warehouse, "tripica", after).row

    assert row["sources_are_recent"]
    assert row["report"].startswith(
        "sources as of: applied_billing_charge 2024-06-29 02:00 UTC, billing_account_balance 2024-06-28 03:00 UTC,"
    )


@pytest.mark.parametrize("system", CHECKS)
def test_a_change_after_the_business_date_is_recent(empty_warehouse: Warehouse, system: str) -> None:
    """As for a run of a past day, whose sources are those of now."""
    assert check(empty_warehouse, system, newest(system, "2024-09-01 12:00+00")).passed


@pytest.mark.parametrize("system", CHECKS)
def test_a_change_in_the_future_hides_no_age(empty_warehouse: Warehouse, system: str) -> None:
    after = f"{newest(system, '2020-03-01 12:00+00')}; {newest(system, '9999-12-31 00:00+00')}"

    row = check(empty_warehouse, system, after).row

    assert not row["sources_are_recent"]
    assert "2020-0" in row["report"]
    assert "9999" not in row["report"]


def test_charges_and_balances_are_judged_each(empty_warehouse: Warehouse) -> None:
    after = changes("2024-06-30 01:12+00", "2024-06-01 10:00+00")

    row = check(empty_warehouse, "tripica", after).row

    assert row["details"] == (
        "too old: billing_account_balance 2024-06-01 10:00 UTC;"
        " expected changes of 2024-06-24 or later for this run of 2024-07-01"
    )


def test_the_report_names_the_newest_change_of_each_source(empty_warehouse: Warehouse) -> None:
    """Of payments, bills and dunning, too, which do not change every day."""
    after = f"""
        {changes("2024-06-30 01:12+00", "2024-06-30 03:10 Europe/Berlin")};
        insert into datalake_vault.payment_request (datelastchangestatus) values ('2023-01-01 00:00+00');
        insert into receivablemanagement_vault.case_receivables (created_at)
        values ('2022-01-01 00:00+00'), ('2023-02-01 00:00:00.5+00');
        insert into dunninglock_vault.dunning_locks (updated_at) values ('2023-03-01 00:00+00')
    """

    row = check(empty_warehouse, "tripica", after).row

    assert row == {
        "sources_are_recent": True,
        "details": "no source is too old; expected changes of 2024-06-24 or later for this run of 2024-07-01",
        "report": "sources as of: applied_billing_charge 2024-06-30 01:12 UTC, billing_account_balance"
        " 2024-06-30 01:10 UTC, case_receivables 2023-02-01 00:00 UTC, dunning_locks 2023-03-01 00:00 UTC,"
        " payment_request 2023-01-01 00:00 UTC, settlement_note_advice no rows",
    }


@pytest.mark.parametrize(
    "change",
    [
        "drop schema receivablemanagement_vault, dunning_vault, dunninglock_vault cascade",
        "drop table receivablemanagement_vault.case_receivables, dunninglock_vault.dunning_locks",
        "truncate receivablemanagement_vault.case_receivables, dunninglock_vault.dunning_locks",
        """
        revoke usage on schema receivablemanagement_vault from billing_aggregator;
        revoke select on dunninglock_vault.dunning_locks from billing_aggregator
        """,
    ],
)
def test_dunning_may_be_absent(empty_warehouse: Warehouse, change: str) -> None:
    row = check(empty_warehouse, "tripica", f"{changes('2024-06-30 01:12+00')}; {change}").row

    assert row["sources_are_recent"]
    assert "case_receivables" not in row["report"]
    assert "dunning_locks" not in row["report"]


@pytest.mark.parametrize(("days", "passes"), [("30", True), ("29", False)])
def test_the_limit_of_tripica_is_a_setting(empty_warehouse: Warehouse, days: str, passes: bool) -> None:
    """It is in the table of limits, which the run before has left."""
    run_stage(empty_warehouse, "tripica", "init", before="005")
    after = f"""
        update report_oibl.tripica_limits set limit_value = {days} where limit_name = 'source_age_days';
        {changes("2024-06-01 12:00+00")}
    """

    assert check(empty_warehouse, "tripica", after).row["sources_are_recent"] == passes


@pytest.mark.parametrize(
    "change",
    [
        "drop schema report_oibl cascade",
        "drop table report_oibl.tripica_limits",
        "delete from report_oibl.tripica_limits where limit_name = 'source_age_days'",
    ],
)
def test_where_no_limit_is_set_yet_the_default_counts(empty_warehouse: Warehouse, change: str) -> None:
    run_stage(empty_warehouse, "tripica", "init", before="005")

    details = check(empty_warehouse, "tripica", f"{change}; {changes('2024-06-30 12:00+00')}").row["details"]

    assert "expected changes of 2024-06-24 or later" in details


def test_the_default_is_the_limit_that_a_run_sets(empty_warehouse: Warehouse) -> None:
    run_stage(empty_warehouse, "tripica", "init", before="005")

    limit = "select limit_value from report_oibl.tripica_limits where limit_name = 'source_age_days'"
    assert empty_warehouse.rows(limit) == [(LIMITS["tripica"],)]


@pytest.mark.parametrize("system", CHECKS)
def test_instants_may_be_without_zone(empty_warehouse: Warehouse, system: str) -> None:
    column = {
        "tripica": "datalake_vault.applied_billing_charge alter column datetimelastmodif",
        "bookkeeper": "bookkeeper_vault.summaries alter column create_time",
        "bookings": "bookings_vault.booking_runs alter column timestamp",
    }
    after = f"alter table {column[system]} type timestamp; {newest(system, '2024-06-30 12:00')}"

    assert check(empty_warehouse, system, after).passed
