"""Runs the DAG for real on a script tree, a warehouse and a bucket of a test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk import DAG

from tests.dags.dag_files import load_dag
from tests.support.airflow_home import run_dag
from tests.support.bucket import Bucket
from tests.support.warehouse import Warehouse

DAG_ID = "billing_data_aggregator"


@dataclass(frozen=True)
class FinishedRun:
    """A run after it ended: its state, the state and number of tries of each task, and the report."""

    state: str
    states: dict[str, str | None]
    tries: dict[str, int]
    report: dict[str, Any]

    def error_of(self, task_id: str) -> str:
        """The recorded error of a failed task."""
        return str(self.report["failures"][task_id]["error"])


@dataclass(frozen=True)
class DagRunner:
    """Starts runs; settings that a test adds win over those of its warehouse and bucket."""

    monkeypatch: pytest.MonkeyPatch
    warehouse: Warehouse
    bucket: Bucket
    scripts: Path

    def run(
        self,
        *,
        settings: dict[str, str] | None = None,
        logical_date: datetime | None = None,
        marked_as_success: str | None = None,
        prepare: Callable[[DAG], None] | None = None,
        **conf: Any,
    ) -> FinishedRun:
        """Run the DAG once with these parameters and wait for its end.

        :param marked_as_success: a task that a person marks as a success before it runs
        :param prepare: gets the DAG before it runs
        """
        environment = {
            **self.warehouse.environment,
            **self.bucket.environment,
            "BDA_ENVIRONMENT": "local",
            "BDA_SCRIPTS_DIR": str(self.scripts),
            **(settings or {}),
        }
        dag = load_dag(self.monkeypatch, **environment)
        if prepare:
            prepare(dag)
        run = run_dag(dag, logical_date=logical_date, run_conf=conf or None, mark_success_pattern=marked_as_success)
        tasks = run.get_task_instances()
        return FinishedRun(
            state=str(run.state),
            states={task.task_id: task.state and str(task.state) for task in tasks},
            tries={task.task_id: task.try_number for task in tasks},
            report=next(task for task in tasks if task.task_id == "report").xcom_pull("report") or {},
        )

    def exported(self) -> dict[str, bytes]:
        """All objects of the bucket by key."""
        return {key: self.bucket.read(key) for key in self.bucket.keys()}
