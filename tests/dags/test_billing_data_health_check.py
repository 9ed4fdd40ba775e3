"""The health check tells configuration, warehouse, bucket, lock and exports apart, and changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.models.dagrun import DagRun

from billing_aggregator.run.tables import CREATE_LOCK, CREATE_SCHEMA
from tests.dags.dag_files import load_dag, load_dags
from tests.support.airflow_home import run_dag
from tests.support.bucket import Bucket
from tests.support.warehouse import Warehouse

DAG_ID = "billing_data_health_check"
CONTENTS = "select relnamespace::regnamespace::text, relname from pg_class where relkind = 'r' order by 1, 2"
HELD = """
set role billing_aggregator;
insert into report_oibl_work.run_lock values (true, 'x', 'enercity', 'billing_data_aggregator', 'manual__1', 'here')
"""


def states(run: DagRun) -> dict[str, str]:
    """The state of each task."""
    return {task.task_id: str(task.state) for task in run.get_task_instances()}


def test_a_deployment_that_is_well_is_green_and_a_run_that_builds_is_not_disturbed(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    airflow_home: Path,
    empty_warehouse: Warehouse,
    bucket: Bucket,
) -> None:
    empty_warehouse.execute(f"set role billing_aggregator; {CREATE_SCHEMA}; {CREATE_LOCK}; {HELD}")
    before = empty_warehouse.rows(CONTENTS)
    settings = empty_warehouse.environment | bucket.environment

    run = run_dag(load_dag(monkeypatch, DAG_ID, **settings, BDA_ENVIRONMENT="local"))

    assert states(run) == dict.fromkeys(("configuration", "warehouse", "bucket", "run_lock", "exports"), "success")
    assert (bucket.keys(), bucket.open_uploads()) == ([], [])
    assert empty_warehouse.rows(CONTENTS) == before
    assert empty_warehouse.rows("select run_id from report_oibl_work.run_lock") == [("manual__1",)]
    log = "".join(capfd.readouterr()) + caplog.text
    for row in ("read bookkeeper_vault", "held by run 'manual__1'", "never exported", "switch versioning on"):
        assert row in log
    assert settings["BDA_DB_PASSWORD"] not in log


def test_what_fails_is_told_with_its_remedy_and_the_other_checks_go_on(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    airflow_home: Path,
    empty_warehouse: Warehouse,
    bucket: Bucket,
    tmp_path: Path,
) -> None:
    settings = empty_warehouse.environment | bucket.environment
    settings |= {"BDA_DB_PORT": "1", "BDA_SCRIPTS_DIR": str(tmp_path)}

    # The other DAG of the folder has an import error.
    run = run_dag(load_dags(monkeypatch, **settings, BDA_ENVIRONMENT="local").dags[DAG_ID])

    assert states(run) == {
        "configuration": "failed",
        "warehouse": "failed",
        "bucket": "success",
        "run_lock": "failed",
        "exports": "success",
    }
    log = "".join(capfd.readouterr())
    assert "-> check host and port, and the way there" in log
    assert "no scripts found" in log
