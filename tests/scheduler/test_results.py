"""Results that another run has built or refused since are not exported, whatever a person clears."""

from __future__ import annotations

from pathlib import Path

from tests.scheduler.running_airflow import RunningAirflow, wait_until
from tests.scheduler.small_tree import CURRENT, Shop


def test_the_export_of_a_run_that_is_cleared_does_not_export_what_another_run_has_built_and_a_check_refused(
    airflow: RunningAirflow, shop: Shop, delivered: None
) -> None:
    with shop.closed("export"):
        first = airflow.trigger(systems=["alpha"])
        wait_until(lambda: shop.waits_at("export"), "the export is at work")
        first.mark("failed", "alpha.export")
        assert first.wait() == "failed"
        wait_until(lambda: not shop.waits_at("export"), "its query is cancelled")
    before, history = shop.bucket.versions(), shop.history()
    with shop.refusing():
        second = airflow.run(systems=["alpha"])
    assert second.states()["alpha.postchecks.010_accept"] == "failed"

    first.clear("alpha.export")

    assert first.wait() == "failed"
    error = first.report()["failures"]["alpha.export"]["error"]
    assert f"run '{second.run_id}' of DAG" in error
    assert "has replaced the results of 'alpha': clear 'alpha' in this run from its first task" in error
    assert (shop.bucket.versions(), shop.history()) == (before, history)

    first.clear("alpha.init.010_build")

    assert first.wait() == "success"
    assert shop.bucket.read(CURRENT)


def test_a_system_alone_is_built_on_the_newest_checked_results_and_not_on_refused_ones(
    airflow: RunningAirflow, shop: Shop
) -> None:
    checked = airflow.run(systems=["alpha"])
    beta = airflow.run(systems=["beta"])
    assert beta.state == "success"
    (source,) = beta.report()["exports"]["beta.export"]["results"][0]["sources"]
    assert (source["run_id"], source["state"]) == (checked.run_id, "checked")
    with shop.refusing():
        refused = airflow.run(systems=["alpha"])

    again = airflow.run(systems=["beta"])

    assert again.state == "failed"
    assert refused.run_id in again.report()["failures"]["beta.init.010_build"]["error"]

    refused.clear("alpha.postchecks.010_accept")
    assert refused.wait() == "success"
    again.clear("beta.init.010_build")
    assert again.wait() == "success"


def test_a_deployment_between_two_tasks_of_a_run_does_not_mix_two_sets_of_scripts(
    airflow: RunningAirflow, shop: Shop
) -> None:
    run = airflow.run(systems=["alpha"])
    before = shop.bucket.versions()
    script = Path(airflow.environment["BDA_SCRIPTS_DIR"]) / "init/alpha/010_build.sql"
    text = script.read_text("utf-8")
    script.write_text(f"{text}-- of another release\n", "utf-8")
    try:
        run.clear("alpha.export")
        assert run.wait() == "failed"
    finally:
        script.write_text(text, "utf-8")
    error = run.report()["failures"]["alpha.export"]["error"]
    assert "'init/alpha/010_build.sql' has changed since it ran in this run: clear it from" in error
    assert shop.bucket.versions() == before

    run.clear("alpha.export")

    assert run.wait() == "success"
