"""
### Billing Data Health Check

Proves that the settings are valid, the warehouse answers and the bucket may be written, and touches nothing.

**When** by hand: after a deployment, after a change of passwords, or before a repair is tried.

**It failed?** The tasks do not depend on each other: each one's log names the connection, what was expected and what
was found. `run_lock` tells which run is building just now.
"""

import os

RELEASE = "1.0.0"
try:
    from billing_aggregator.release import check_release

    # Before anything that an older Airflow does not have.
    check_release(RELEASE)
    from airflow.providers.standard.operators.python import PythonOperator
    from airflow.sdk import DAG

    from billing_aggregator.pipeline.preflight import Endpoints, prove_bucket, prove_warehouse, tell_lock_holder
    from billing_aggregator.pipeline.run_lock import RunLock
    from billing_aggregator.scripts.session import session_options
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
    description="Proves settings, warehouse and bucket without touching anything",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["billing", settings.client_id, settings.environment],
    default_args={"owner": "billing-data", "retries": 0},
) as dag:
    endpoints = Endpoints(
        sql_conn_id=settings.warehouse_conn_id,
        aws_conn_id=settings.aws_conn_id,
        s3_bucket=settings.s3_bucket,
        s3_prefix=settings.s3_prefix,
        script_options=session_options(settings.script_session or {}),
    )
    PythonOperator(task_id="warehouse", python_callable=prove_warehouse, op_args=[endpoints])
    PythonOperator(task_id="bucket", python_callable=prove_bucket, op_args=[endpoints])
    PythonOperator(
        task_id="run_lock",
        python_callable=tell_lock_holder,
        op_args=[RunLock(endpoints.sql_conn_id, settings.client_id)],
    )
