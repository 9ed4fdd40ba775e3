"""
### Billing Data Aggregator

Builds the open items and bookings of each *system* in the Octopus warehouse and exports them to S3 as CSV files.

**When** daily at 02:00 UTC, or triggered by hand. **Per system**: prechecks, init scripts, postchecks, export,
archive, history, cleanup; every task is a script of the tree `include/sql` or an export of its results.

**Trigger it by hand** to pick systems, to try a run that changes nothing (`dry_run`), to set the rows per file or
to repeat an earlier `business_date` (with `allow_past_date`).

**Every task and group explains itself:** open it and press *Documentation*. It says what the task is for, which tables
it reads and writes, which rules it follows and what to do when it fails.

**A task failed?** Its log says what was expected, what was found and in which script. Nothing of a failed export is
visible in S3, the last good one stays, unless the error says that the new one is published. Correct the cause and
*clear* the failed task; re-running a task, a group or the whole run is safe and gives the same files. Errors that may
pass have already been retried. The runbook docs/operations.md goes through it symptom by symptom.

**Needs** the settings `BDA_*` (docs/settings.md) and the Airflow connections `octopus` and `billing_s3`, unless the
settings name the warehouse and the bucket's address.
"""

import os
from datetime import timedelta
from functools import partial
from pathlib import Path

RELEASE = "1.0.0"
try:
    from billing_aggregator.release import check_release

    # Before anything that an older Airflow does not have.
    check_release(RELEASE)
    from airflow.sdk import DAG, CronTriggerTimetable

    from billing_aggregator.monitoring.log_level import set_log_level
    from billing_aggregator.monitoring.monitor import Monitor
    from billing_aggregator.pipeline.build import build_pipeline
    from billing_aggregator.pipeline.documentation import link_documents
    from billing_aggregator.pipeline.exports import Exports
    from billing_aggregator.pipeline.html_report import HtmlReport
    from billing_aggregator.pipeline.late_run import run_deadline
    from billing_aggregator.pipeline.preflight import Endpoints
    from billing_aggregator.pipeline.report import record_failure
    from billing_aggregator.pipeline.run_alerts import tell_failed_run, tell_failed_task
    from billing_aggregator.pipeline.run_params import SystemChoice, run_params
    from billing_aggregator.scripts.selection import select_systems
    from billing_aggregator.scripts.session import session_options
    from billing_aggregator.scripts.tree import find_scripts_root, read_script_tree
    from billing_aggregator.settings.settings import Settings
    from billing_aggregator.settings.variables import DEFAULT_SYSTEMS
except ImportError as error:
    raise ImportError(
        f"the packages of release {RELEASE} are not there ({error}): expected Airflow 3.2 or later, and the contents of"
        " plugins/ in its plugins folder; on MWAA upload plugins.zip and update the environment"
    ) from error

settings = Settings.from_environment(os.environ)
os.environ.update(settings.connection_variables())
set_log_level(settings.logging_level)
tree = read_script_tree(find_scripts_root(settings.scripts_dir, Path(__file__).parent), settings.client_id)
result_key, archive_key = settings.export_keys
monitor = Monitor(
    client_id=settings.client_id,
    environment=settings.environment,
    aws_conn_id=settings.aws_conn_id,
    topic_arn=settings.alert_topic_arn,
    metrics_namespace=settings.metrics_namespace,
    shrink_percent=settings.alert_shrink,
    deadline=settings.deadline_interval,
)

with DAG(
    dag_id="billing_data_aggregator",
    description="Builds open items and bookings per system and exports them to S3",
    doc_md=link_documents(__doc__, settings.source_url),
    # Without a start date: a DAG that is unpaused for the first time waits for the next 02:00, instead of making up
    # for the last one at once. The half hour is for a scheduler that comes late to its very first run.
    schedule=None
    if settings.schedule == "off"
    else CronTriggerTimetable(settings.schedule, timezone="UTC", run_immediately=timedelta(minutes=30)),
    catchup=False,
    max_active_runs=1,
    max_active_tasks=settings.db_max_conns,
    dagrun_timeout=timedelta(hours=2),
    deadline=run_deadline(monitor, settings.deadline),
    on_failure_callback=partial(tell_failed_run, monitor),
    tags=["billing", settings.client_id, settings.environment],
    user_defined_macros={"client_id": settings.client_id, "environment": settings.environment},
    default_args={
        "owner": "billing-data",
        "retries": 2,
        "retry_delay": timedelta(seconds=1 if settings.environment == "local" else 60),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=15),
        "on_failure_callback": [record_failure, partial(tell_failed_task, monitor)],
    },
) as dag:
    endpoints = Endpoints(
        sql_conn_id=settings.warehouse_conn_id,
        aws_conn_id=settings.aws_conn_id,
        s3_bucket=settings.s3_bucket,
        s3_prefix=settings.s3_prefix,
        script_options=session_options(settings.script_session or {}),
    )
    build_pipeline(
        tree,
        endpoints,
        Exports(
            result_key=result_key,
            archive_key=archive_key,
            verify=settings.export_verify,
            arguments=settings.export_arguments,
        ),
        monitor,
        second_run_waits=settings.second_run == "wait",
        html_report=HtmlReport(endpoints, settings.client_id, settings.environment, settings.export.objects)
        if settings.report_html
        else None,
        source_url=settings.source_url,
    )

# After the tasks: Airflow copies the parameters that a DAG has into each task that is built.
dag.params = run_params(
    SystemChoice(tree.names, tree.alternatives),
    select_systems(tree, settings.systems, settings.ignore_systems, DEFAULT_SYSTEMS),
    dry_run=settings.dry_run,
    max_rows_per_file=settings.export.max_rows_per_file,
)
