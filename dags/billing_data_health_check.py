"""
### Billing Data Health Check

Looks at settings and scripts, warehouse and rights, bucket, lock and last exports. It may run at any time, beside a
run that builds, too: it changes nothing, waits for nobody, and removes the empty object that it writes to the bucket.

**When** by hand: after a deployment, after a change of passwords, or before a repair is tried.

**It failed?** The tasks do not depend on each other: the log of each holds a table of what was found, and of what to
do. `run_lock` tells which run is building just now, `exports` when each system was last exported.
"""

import os
from datetime import timedelta
from pathlib import Path

RELEASE = "1.0.0"
try:
    from billing_aggregator.release import check_release

    # Before anything that an older Airflow does not have.
    check_release(RELEASE)
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import DAG

    from billing_aggregator.health.checks import CHECKS, run_task
    from billing_aggregator.health.target import HealthTarget
    from billing_aggregator.settings.settings import Settings
except ImportError as error:
    raise ImportError(
        f"the packages of release {RELEASE} are not there ({error}): expected Airflow 3.2 or later, and the contents of"
        " plugins/ in its plugins folder; on MWAA upload plugins.zip and update the environment"
    ) from error

settings = Settings.from_environment(os.environ)
os.environ.update(settings.connection_variables())

with DAG(
    dag_id="billing_data_health_check",
    description="Checks settings, rights, bucket, lock and last exports; changes nothing",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["billing", settings.client_id, settings.environment],
    default_args={"owner": "billing-data", "retries": 0, "execution_timeout": timedelta(minutes=5)},
) as dag:
    target = HealthTarget.of(settings, Path(__file__).parent)
    for check in CHECKS:
        PythonOperator(task_id=check, python_callable=run_task, op_args=[target, check])
