"""A person marks a task or a run as failed or as a success: the report tells it, and the next run works."""

from __future__ import annotations

from tests.scheduler.running_airflow import RunningAirflow, wait_until
from tests.scheduler.small_tree import Shop


def test_a_script_that_is_marked_as_a_success_has_built_nothing_so_nothing_is_exported(
    airflow: RunningAirflow, shop: Shop
) -> None:
    airflow.run()
    before = shop.bucket.versions()
    with shop.broken("beta"):
        run = airflow.run(systems=["beta"])

        run.mark("success", "beta.init.010_build")

        assert run.wait() == "failed"
    run.wait_for("beta.export", "failed")
    assert "has replaced the results of 'beta'" in run.report()["failures"]["beta.export"]["error"]
    assert run.report()["doubts"] == ["beta.init.010_build was marked as a success by hand: its script did not run"]
    assert shop.bucket.versions() == before


def test_a_postcheck_that_is_marked_as_a_success_delivers_the_results_as_accepted_by_hand_and_the_run_is_red(
    airflow: RunningAirflow, shop: Shop
) -> None:
    with shop.refusing():
        run = airflow.run(systems=["alpha"])
        assert run.states()["alpha.export"] == "upstream_failed"

        run.mark("success", "alpha.postchecks.010_accept")

        assert run.wait() == "failed"
    assert run.states()["alpha.history.010_keep"] == "success"
    assert run.report()["exports"]["alpha.export"]["results"][0]["state"] == "accepted by hand"
    assert "alpha.postchecks.010_accept was marked as a success by hand" in run.report()["doubts"][0]


def test_an_export_that_is_marked_as_a_success_before_it_starts_lets_nothing_run_beside_the_build(
    airflow: RunningAirflow, shop: Shop
) -> None:
    airflow.run(systems=["alpha"])
    before, history = shop.bucket.versions(), shop.history()
    with shop.closed("alpha.init"):
        run = airflow.trigger(systems=["alpha"])
        wait_until(lambda: shop.waits_at("alpha.init"), "the script is at work")

        run.mark("success", "alpha.export")

        run.wait_for("alpha.archive.orders", "failed")
    assert run.wait() == "failed"
    assert "has replaced the results of 'alpha'" in run.report()["failures"]["alpha.archive.orders"]["error"]
    assert (shop.bucket.versions(), shop.history()) == (before, history)


def test_an_export_that_is_marked_as_a_success_writes_nothing_and_the_run_is_not_green(
    airflow: RunningAirflow, shop: Shop
) -> None:
    with shop.closed("export"):
        run = airflow.trigger(systems=["alpha"])
        wait_until(lambda: shop.waits_at("export"), "the export is at work")
        before = shop.bucket.versions()

        run.mark("success", "alpha.export")

        assert run.wait() == "failed"
        # Airflow tells the task at its next sign of life.
        wait_until(lambda: not shop.waits_at("export"), "its query is cancelled")
    wait_until(lambda: shop.sent_files() == [], "what it has sent is taken back")
    assert {key for key, _ in set(shop.bucket.versions()) - set(before)} <= {
        key for key in shop.bucket.keys() if "/archive/" in key
    }
    assert "alpha.export was marked as a success by hand" in run.report()["doubts"][0]


def test_a_task_that_is_marked_as_failed_fails_the_run_and_can_be_cleared(airflow: RunningAirflow, shop: Shop) -> None:
    with shop.closed("alpha.init"):
        run = airflow.trigger(systems=["alpha"])
        wait_until(lambda: shop.waits_at("alpha.init"), "the script is at work")

        run.mark("failed", "alpha.init.010_build")

        assert run.wait() == "failed"
        wait_until(lambda: not shop.waits_at("alpha.init"), "its statement is cancelled")
    assert run.report()["failures"]["alpha.init.010_build"]["error"].startswith("no error was recorded: the task was")

    run.clear("alpha.init.010_build")

    assert run.wait() == "success"


def test_a_run_that_is_marked_as_failed_ends_and_gives_its_lock_back(airflow: RunningAirflow, shop: Shop) -> None:
    with shop.closed("alpha.init"):
        run = airflow.trigger(systems=["alpha"])
        wait_until(lambda: shop.waits_at("alpha.init"), "the script is at work")

        run.mark("failed")

        assert run.wait() == "failed"
        wait_until(lambda: not shop.waits_at("alpha.init"), "its statement is cancelled")
    assert shop.lock_holders() == []


def test_a_run_that_is_marked_as_a_success_delivers_nothing_and_is_red(
    airflow: RunningAirflow, shop: Shop, delivered: None
) -> None:
    before = shop.bucket.versions()
    with shop.closed("alpha.init"):
        run = airflow.trigger(systems=["alpha"])
        wait_until(lambda: shop.waits_at("alpha.init"), "the script is at work")

        run.mark("success")

        assert run.wait() == "failed"
        wait_until(lambda: not shop.waits_at("alpha.init"), "its statement is cancelled")
    assert "alpha.export was selected, but exported nothing: its state is skipped" in run.report()["doubts"]
    assert shop.bucket.versions() == before
    assert shop.lock_holders() == []
