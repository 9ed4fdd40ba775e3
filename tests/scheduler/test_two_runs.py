"""A run that is started while another one builds: it waits, or is refused where the setting says so."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local.airflow.environment import DAG_ID
from local.airflow.process import AIRFLOW
from local.servers.stack import Stack
from tests.scheduler.running_airflow import OTHER_METADATA, RunningAirflow, wait_until
from tests.scheduler.small_tree import CURRENT, Shop

TODAY = datetime.now(UTC).date()


def test_a_run_that_is_triggered_while_one_runs_is_queued_until_its_end(airflow: RunningAirflow, shop: Shop) -> None:
    with shop.closed("alpha.init"):
        first = airflow.trigger(systems=["alpha"])
        wait_until(lambda: shop.waits_at("alpha.init"), "the first run builds")
        second = airflow.trigger(systems=["alpha"])
        assert (first.state, second.state) == ("running", "queued")

    assert (first.wait(), second.wait()) == ("success", "success")
    assert first.tasks()["report"]["end_date"] < second.tasks()["preflight"]["start_date"]


def test_a_backfill_waits_for_the_run_that_builds_and_names_it(airflow: RunningAirflow, shop: Shop) -> None:
    day = TODAY - timedelta(days=5)
    with shop.closed("alpha.init"):
        first = airflow.trigger(systems=["alpha"])
        wait_until(lambda: shop.waits_at("alpha.init"), "the first run builds")
        (second,) = airflow.backfill(day, day, systems=["alpha"], allow_past_date=True)
        second.wait_for("preflight", "running")
        wait_until(lambda: "Waiting for run" in second.log("preflight", 1), "the second run says that it waits")
        assert first.run_id in second.log("preflight", 1)
        assert shop.lock_holders() == [first.run_id]

    assert (first.wait(), second.wait()) == ("success", "success")


def test_a_second_run_is_refused_where_the_setting_says_so(airflow: RunningAirflow, shop: Shop) -> None:
    day = TODAY - timedelta(days=6)
    airflow.stop_scheduler()
    airflow.start_scheduler(BDA_SECOND_RUN="refuse")
    try:
        with shop.closed("alpha.init"):
            first = airflow.trigger(systems=["alpha"])
            wait_until(lambda: shop.waits_at("alpha.init"), "the first run builds")
            (second,) = airflow.backfill(day, day, systems=["alpha"], allow_past_date=True)

            assert second.wait() == "failed"
            error = second.report()["failures"]["preflight"]["error"]
            assert f"run '{first.run_id}'" in error
            assert "holds the lock of the warehouse" in error
        assert first.wait() == "success"
        assert shop.bucket.read(CURRENT)
    finally:
        airflow.stop_scheduler()
        airflow.start_scheduler()


def test_the_lock_of_another_airflow_that_was_killed_is_removed_by_the_statement_that_the_log_names(
    airflow: RunningAirflow, shop: Shop, stack: Stack, tmp_path: Path
) -> None:
    with shop.closed("alpha.init"):
        other = start_another_airflow(airflow, stack, tmp_path)
        wait_until(lambda: shop.waits_at("alpha.init"), "the run of the other Airflow builds")
        os.killpg(other.pid, signal.SIGKILL)
        other.wait()
    (left,) = shop.lock_holders()

    run = airflow.trigger(systems=["alpha"])
    run.wait_for("preflight", "running")
    wait_until(lambda: f"Waiting for run '{left}'" in run.log("preflight", 1), "the run says for whom it waits")
    statement = "delete from report_oibl_work.run_lock"
    assert statement in run.log("preflight", 1)
    shop.warehouse.execute(statement)

    assert run.wait() == "success"
    assert shop.lock_holders() == []


def test_a_living_lock_of_another_airflow_is_left_to_it_also_when_a_run_of_its_name_has_ended_here(
    airflow: RunningAirflow, shop: Shop, stack: Stack, tmp_path: Path
) -> None:
    with shop.closed("alpha.init"):
        other = start_another_airflow(airflow, stack, tmp_path)
        wait_until(lambda: shop.waits_at("alpha.init"), "the run of the other Airflow builds")
        (name,) = shop.lock_holders()
        namesake = airflow.trigger(name, systems=["alpha"])
        namesake.wait_for("preflight", "running")
        namesake.mark("failed")
        assert namesake.wait() == "failed"

        run = airflow.trigger(systems=["alpha"])
        run.wait_for("preflight", "running")
        wait_until(lambda: f"Waiting for run '{name}'" in run.log("preflight", 1), "the run says for whom it waits")
        assert shop.lock_holders() == [name]

    assert other.wait() == 0
    assert run.wait() == "success"
    assert run.tasks()["alpha.init.010_build"]["state"] == "success"


def start_another_airflow(airflow: RunningAirflow, stack: Stack, home: Path) -> subprocess.Popen[bytes]:
    """A run of another Airflow in the same warehouse, which ours knows nothing of and has the address of."""
    own = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": stack.metadata_dsn(OTHER_METADATA),
    }
    return subprocess.Popen(
        [AIRFLOW, "dags", "test", DAG_ID, "--conf", json.dumps({"systems": ["alpha"]})],
        env={**airflow.environment, **own},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
