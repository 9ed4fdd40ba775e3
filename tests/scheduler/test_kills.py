"""Processes of Airflow are killed at work and started again: the run ends right, and nobody has to clear up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.scheduler.running_airflow import RunningAirflow, wait_until
from tests.scheduler.small_tree import ALPHA_FILE, CURRENT, Shop

Kill = Callable[[RunningAirflow], None]


def kill_the_machine(airflow: RunningAirflow) -> None:
    """Scheduler, workers and tasks at once."""
    airflow.kill_scheduler()
    airflow.start_scheduler()


def kill_the_scheduler_alone(airflow: RunningAirflow) -> None:
    """Its workers live on without it."""
    airflow.kill_scheduler(alone=True)
    airflow.start_scheduler()


def kill_the_task(airflow: RunningAirflow) -> None:
    """The process that does the work, as the out-of-memory killer would."""
    airflow.kill_task()


KILLS = pytest.mark.parametrize(
    "kill", [kill_the_machine, kill_the_scheduler_alone, kill_the_task], ids=["machine", "scheduler", "task"]
)


@KILLS
def test_a_run_that_is_killed_in_a_script_goes_on_and_ends_right(
    airflow: RunningAirflow, shop: Shop, kill: Kill
) -> None:
    with shop.closed("alpha.init"):
        run = airflow.trigger(systems=["alpha"])
        wait_until(lambda: shop.waits_at("alpha.init"), "the script is at work")

        kill(airflow)

    assert run.wait() == "success"
    assert shop.bucket.read(CURRENT) == ALPHA_FILE
    assert run.report()["doubts"] == []
    assert shop.lock_holders() == []


@KILLS
def test_a_run_that_is_killed_in_an_export_leaves_the_last_files_until_the_new_ones_are_whole(
    airflow: RunningAirflow, shop: Shop, delivered: None, kill: Kill
) -> None:
    before = shop.files()
    with shop.closed("export"):
        run = airflow.trigger(systems=["alpha"], max_rows_per_file=2)
        wait_until(shop.sent_files, "files are being sent")

        kill(airflow)

        assert shop.files() == before

    assert run.wait() == "success"
    files = shop.files()
    assert [files[CURRENT.replace("0000", f"000{number}")] for number in range(3)] == [
        b"id,amount\n1,1.10\n2,2.20\n",
        b"id,amount\n3,3.30\n4,4.40\n",
        b"id,amount\n5,5.50\n",
    ]
    assert shop.sent_files() == []
    assert shop.lock_holders() == []


def test_a_run_of_more_than_two_hours_is_ended_and_does_not_hold_up_the_next_one(
    airflow: RunningAirflow, shop: Shop
) -> None:
    with shop.closed("alpha.init"):
        run = airflow.trigger(systems=["alpha"])
        wait_until(lambda: shop.waits_at("alpha.init"), "the script is at work")

        run.began_hours_ago(3)

        assert run.wait() == "failed"
        wait_until(lambda: not shop.waits_at("alpha.init"), "its statement is cancelled")
    assert (run.states()["alpha.init.010_build"], run.states()["report"]) == ("skipped", "skipped")

    assert airflow.run(systems=["alpha"]).state == "success"
    assert shop.lock_holders() == []
