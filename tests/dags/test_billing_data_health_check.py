"""The health check tells warehouse, bucket and lock apart, and touches nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.dags.dag_files import load_dag
from tests.support.airflow_home import run_dag
from tests.support.bucket import Bucket
from tests.support.warehouse import Warehouse

DAG_ID = "billing_data_health_check"


def states(monkeypatch: pytest.MonkeyPatch, **settings: str) -> dict[str, str]:
    """The state of each task of a health check under these settings."""
    run = run_dag(load_dag(monkeypatch, DAG_ID, BDA_ENVIRONMENT="local", **settings))
    return {task.task_id: str(task.state) for task in run.get_task_instances()}


def test_a_deployment_that_is_well_is_green_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch, airflow_home: Path, empty_warehouse: Warehouse, bucket: Bucket
) -> None:
    tables = "select count(*) from pg_class where relnamespace::regnamespace::text like 'report%'"
    before = empty_warehouse.rows(tables)

    found = states(monkeypatch, **empty_warehouse.environment, **bucket.environment)

    assert found == {"warehouse": "success", "bucket": "success", "run_lock": "success"}
    assert (bucket.keys(), bucket.open_uploads()) == ([], [])
    assert empty_warehouse.rows(tables) == before


def test_the_bucket_is_looked_at_also_when_the_warehouse_is_down(
    monkeypatch: pytest.MonkeyPatch, airflow_home: Path, empty_warehouse: Warehouse, bucket: Bucket
) -> None:
    found = states(monkeypatch, **(empty_warehouse.environment | bucket.environment | {"BDA_DB_PORT": "1"}))

    assert found == {"warehouse": "failed", "bucket": "success", "run_lock": "failed"}
