"""Nights that were missed, days that are repeated, and which day a run files its results under."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.scheduler.running_airflow import Run, RunningAirflow, wait_until
from tests.scheduler.small_tree import ALPHA_FILE, CURRENT, Shop, archive_key

TODAY = datetime.now(UTC).date()


def days_ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def built_between(run: Run) -> tuple[str, str]:
    """From the first script to the last one, as comparable times."""
    tasks = run.tasks()
    return tasks["alpha.init.010_build"]["start_date"], tasks["alpha.history.010_keep"]["end_date"]


def test_a_new_deployment_that_is_unpaused_in_the_daytime_starts_nothing(airflow: RunningAirflow, shop: Shop) -> None:
    airflow.deploy_anew()

    airflow.pause(is_paused=False)

    assert airflow.run(systems=["alpha"], dry_run=True).state == "success"
    assert airflow.scheduled_runs() == []
    assert datetime.fromisoformat(airflow.dag()["next_dagrun_run_after"]) > datetime.now(UTC)


def test_of_several_missed_nights_the_last_one_is_made_up_for_and_no_other(airflow: RunningAirflow, shop: Shop) -> None:
    airflow.deploy_anew()
    airflow.pause(is_paused=False)
    # For Airflow the backfill of a day is the run of its night: the nights after it were missed.
    (last,) = airflow.backfill(days_ago(3), days_ago(3), systems=["alpha"], allow_past_date=True)
    last.wait()

    airflow.parse_again()
    wait_until(airflow.scheduled_runs, "the run of the last night is started")

    (made_up,) = airflow.scheduled_runs()
    assert made_up.wait() == "success"
    assert len(airflow.scheduled_runs()) == 1
    assert datetime.fromisoformat(airflow.dag()["next_dagrun_run_after"]) > datetime.now(UTC)
    assert archive_key(made_up.logical_day) in shop.files()
    assert archive_key(days_ago(2)) not in shop.files()


def test_a_backfill_of_two_days_builds_one_after_the_other_and_files_each_under_its_own_day(
    airflow: RunningAirflow, shop: Shop, delivered: None
) -> None:
    history = shop.history()
    runs = airflow.backfill(days_ago(9), days_ago(8), systems=["alpha"], allow_past_date=True)

    assert [run.wait() for run in runs] == ["success", "success"]

    first, second = sorted(built_between(run) for run in runs)
    assert first[1] < second[0]
    assert shop.files()[archive_key(days_ago(9))] == ALPHA_FILE
    assert shop.files()[archive_key(days_ago(8))] == ALPHA_FILE
    assert shop.history() == history | dict.fromkeys((str(days_ago(9)), str(days_ago(8))), history[str(TODAY)])


def test_a_backfill_reads_the_sources_of_now_so_the_current_export_does_not_go_backwards(
    airflow: RunningAirflow, shop: Shop
) -> None:
    shop.warehouse.execute("update shop.orders set amount = 9.99 where id = 5")
    try:
        airflow.run(systems=["alpha"])
        current = shop.bucket.read(CURRENT)
        assert b"5,9.99" in current

        (run,) = airflow.backfill(days_ago(7), days_ago(7), systems=["alpha"], allow_past_date=True)

        assert run.wait() == "success"
        assert shop.bucket.read(CURRENT) == current
        assert shop.files()[archive_key(days_ago(7))] == current
    finally:
        shop.warehouse.execute("update shop.orders set amount = 5.50 where id = 5")


@pytest.mark.parametrize("business_date", [None, str(days_ago(4))], ids=["backfill", "parameter"])
def test_a_day_in_the_past_is_refused_unless_the_run_says_that_it_is_meant(
    airflow: RunningAirflow, shop: Shop, delivered: None, business_date: str | None
) -> None:
    before = shop.contents()
    if business_date:
        run = airflow.trigger(systems=["alpha"], business_date=business_date)
    else:
        (run,) = airflow.backfill(days_ago(4), days_ago(4), systems=["alpha"])

    assert run.wait() == "failed"

    error = run.report()["failures"]["preflight"]["error"]
    assert f"the business date {days_ago(4)} is in the past" in error
    assert "'allow_past_date': true" in error
    assert shop.contents() == before


def test_a_business_date_in_the_past_replaces_the_archive_and_the_history_of_that_day_only(
    airflow: RunningAirflow, shop: Shop, delivered: None
) -> None:
    today = shop.history()[str(TODAY)]
    shop.warehouse.execute("insert into shop.orders values (0, 100)")
    try:
        run = airflow.run(systems=["alpha"], business_date=str(days_ago(10)), allow_past_date=True)
        assert run.state == "success"

        assert b"0,100.00" in shop.files()[archive_key(days_ago(10))]
        assert shop.files()[archive_key(TODAY)] == ALPHA_FILE
        assert shop.history()[str(days_ago(10))] == today + 100
        assert shop.history()[str(TODAY)] == today
    finally:
        shop.warehouse.execute("delete from shop.orders where id = 0")


def test_a_dry_run_leaves_results_history_archive_and_files_as_they_were(
    airflow: RunningAirflow, shop: Shop, delivered: None
) -> None:
    before = shop.contents()
    shop.warehouse.execute("insert into shop.orders values (0, 100)")
    try:
        run = airflow.run(dry_run=True, business_date=str(days_ago(2)), allow_past_date=True)
    finally:
        shop.warehouse.execute("delete from shop.orders where id = 0")

    assert run.state == "success"
    assert run.report()["exports"]["alpha.export"]["rows"] == 6
    assert {state for task_id, state in run.states().items() if "." in task_id} == {"skipped"}
    assert shop.contents() == before
    assert shop.lock_holders() == []
