"""A person clears a task, a group or a whole run: it is done again, and leaves the same bytes and the same history."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.scheduler.running_airflow import Run, RunningAirflow
from tests.scheduler.small_tree import ALPHA_FILE, Shop, archive_key

ALPHA = (
    *("alpha.init.010_build", "alpha.postchecks.010_accept", "alpha.export"),
    *("alpha.archive.orders", "alpha.history.010_keep"),
)


def all_files() -> dict[str, bytes]:
    """What a run of both systems leaves in the bucket, earlier archives aside."""
    return {
        "enercity/local/alpha_alpha_results_0000.csv": ALPHA_FILE,
        "enercity/local/beta_beta_results_0000.csv": ALPHA_FILE,
        archive_key(datetime.now(UTC).date()): ALPHA_FILE,
    }


@pytest.fixture(scope="module")
def good_run(running_airflow: RunningAirflow) -> Run:
    """A run of both systems that succeeded."""
    run = running_airflow.run()
    assert run.state == "success"
    return run


def attempts(run: Run) -> dict[str, int]:
    """The number of times that each task was begun."""
    return {task_id: task["try_number"] for task_id, task in run.tasks().items()}


def test_a_failed_task_is_cleared_and_the_run_ends_as_if_nothing_had_failed(
    airflow: RunningAirflow, shop: Shop
) -> None:
    with shop.broken("beta"):
        run = airflow.run()
    assert run.state == "failed"
    assert run.states()["beta.export"] == "upstream_failed"

    run.clear("beta.init.010_build")

    assert run.wait() == "success"
    assert run.tasks()["beta.init.010_build"]["try_number"] == 2
    # What had succeeded was not done again.
    assert {run.tasks()[task_id]["try_number"] for task_id in ALPHA} == {1}
    assert shop.files().items() >= all_files().items()
    assert run.report()["failures"] == {}
    assert shop.lock_holders() == []


def test_a_failed_task_that_is_cleared_alone_leaves_the_run_red(airflow: RunningAirflow, shop: Shop) -> None:
    with shop.broken("beta"):
        run = airflow.run()

    run.clear("beta.init.010_build", downstream=False)

    assert run.wait() == "failed"
    assert run.states()["beta.init.010_build"] == "success"
    assert run.states()["beta.export"] == "upstream_failed"


def test_a_group_that_is_cleared_is_done_again_with_what_comes_after_it(
    airflow: RunningAirflow, shop: Shop, good_run: Run
) -> None:
    before, history = attempts(good_run), shop.history()
    shop.warehouse.execute("truncate report_oibl.alpha_rows")

    good_run.clear(*ALPHA)

    assert good_run.wait() == "success"
    again = {task_id for task_id, number in attempts(good_run).items() if number == before[task_id] + 1}
    assert again == {*ALPHA, "beta.init.010_build", "beta.export", "report"}
    assert shop.files().items() >= all_files().items()
    assert shop.history() == history


def test_a_whole_run_that_is_cleared_leaves_the_same_files_and_history(
    airflow: RunningAirflow, shop: Shop, good_run: Run
) -> None:
    before, files, history = attempts(good_run), shop.files(), shop.history()

    good_run.clear()

    assert good_run.wait() == "success"
    assert attempts(good_run)["preflight"] == before["preflight"] + 1
    assert shop.files() == files
    assert shop.history() == history
    assert shop.lock_holders() == []


def test_a_task_of_a_system_that_the_run_does_not_select_is_skipped_when_it_is_cleared(
    airflow: RunningAirflow, shop: Shop
) -> None:
    run = airflow.run(systems=["alpha"])

    run.clear("beta.init.010_build")

    assert run.wait() == "success"
    assert run.states()["beta.init.010_build"] == "skipped"
