"""The health check of a client as a DAG: a task per check, which do not depend on each other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import DAG

from billing_aggregator.definitions.access import access_control
from billing_aggregator.health.checks import CHECKS, run_task
from billing_aggregator.health.target import HealthTarget
from billing_aggregator.settings.settings import Settings


def define_health_check(settings: Settings, dag_id: str, *, dags_folder: Path, doc_md: str) -> DAG:
    """Define the DAG; the parameters are those of the batch."""
    target = HealthTarget.of(settings, dags_folder)
    with DAG(
        dag_id=dag_id,
        description="Checks settings, rights, bucket, lock and last exports; changes nothing",
        doc_md=doc_md,
        schedule=None,
        catchup=False,
        max_active_runs=1,
        tags=["billing", settings.client_id, settings.environment],
        access_control=access_control(settings.access_roles),
        # A DAG that was defined half before an error must not be found: its file names the whole ones.
        auto_register=False,
        default_args={"owner": "billing-data", "retries": 0, "execution_timeout": timedelta(minutes=5)},
    ) as dag:
        for check in CHECKS:
            PythonOperator(task_id=check, python_callable=run_task, op_args=[target, check])
    return dag
