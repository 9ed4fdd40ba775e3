"""The batch of a client: settings and script tree → the DAG that builds, checks and exports its systems."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, CronTriggerTimetable

from billing_aggregator.definitions.access import access_control
from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.outcome.html_report import HtmlReport
from billing_aggregator.outcome.late_run import run_deadline
from billing_aggregator.outcome.report import record_failure
from billing_aggregator.outcome.run_alerts import tell_failed_run, tell_failed_task
from billing_aggregator.outcome.run_metrics import measure_failed_run
from billing_aggregator.run.endpoints import Endpoints
from billing_aggregator.run.lock import RunLock
from billing_aggregator.run.params import SystemChoice, run_params
from billing_aggregator.scripts.selection import select_systems
from billing_aggregator.scripts.session import session_options
from billing_aggregator.scripts.tree import ScriptTree, find_scripts_root, read_script_tree
from billing_aggregator.settings.settings import Settings
from billing_aggregator.settings.variables import DEFAULT_SYSTEMS
from billing_aggregator.tasks.batch import Batch
from billing_aggregator.tasks.build import build_tasks
from billing_aggregator.tasks.documentation.script_docs import link_documents
from billing_aggregator.tasks.exports import Exports
from postgres_to_s3.operators.s3_objects_link import is_aws


def define_batch(settings: Settings, dag_id: str, *, dags_folder: Path, doc_md: str) -> DAG:
    """Define the DAG.

    :param dags_folder: where `include/sql` is looked for, and beside it
    :param doc_md: the manual of the DAG
    :raises SettingsError, ScriptTreeError: with everything that is wrong with the script tree or the selection
    """
    tree = read_script_tree(find_scripts_root(settings.scripts_dir, dags_folder), settings.client_id)
    batch = _batch(settings, tree)
    with _dag(settings, dag_id, batch.monitor, link_documents(doc_md, settings.source_url)) as dag:
        build_tasks(batch, _html_report(settings, batch))
    # After the tasks: Airflow copies the parameters that a DAG has into each task that is built.
    dag.params = run_params(
        SystemChoice(tree.names, tree.alternatives),
        select_systems(tree, settings.systems, settings.ignore_systems, DEFAULT_SYSTEMS),
        dry_run=settings.dry_run,
        max_rows_per_file=settings.export.max_rows_per_file,
    )
    return dag


def _dag(settings: Settings, dag_id: str, monitor: Monitor, doc_md: str) -> DAG:
    return DAG(
        dag_id=dag_id,
        description="Builds open items and bookings per system and exports them to S3",
        doc_md=doc_md,
        # Without a start date: a DAG that is unpaused for the first time waits for the next 02:00, instead of making
        # up for the last one at once. The half hour is for a scheduler that comes late to its very first run.
        schedule=None
        if settings.schedule == "off"
        else CronTriggerTimetable(settings.schedule, timezone="UTC", run_immediately=timedelta(minutes=30)),
        catchup=False,
        max_active_runs=1,
        max_active_tasks=settings.db_max_conns,
        dagrun_timeout=timedelta(hours=2),
        deadline=run_deadline(monitor, settings.deadline),
        on_failure_callback=[partial(measure_failed_run, monitor), partial(tell_failed_run, monitor)],
        tags=["billing", settings.client_id, settings.environment],
        access_control=access_control(settings.access_roles),
        # A DAG that was defined half before an error must not be found: its file names the whole ones.
        auto_register=False,
        default_args=_default_args(settings, monitor),
    )


def _default_args(settings: Settings, monitor: Monitor) -> dict[str, Any]:
    return {
        "owner": "billing-data",
        "retries": 2,
        "retry_delay": timedelta(seconds=1 if settings.environment == "local" else 60),
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=15),
        "on_failure_callback": [record_failure, partial(tell_failed_task, monitor)],
    }


def _batch(settings: Settings, tree: ScriptTree) -> Batch:
    result_key, archive_key = settings.export_keys
    return Batch(
        tree,
        Endpoints(
            sql_conn_id=settings.warehouse_conn_id,
            aws_conn_id=settings.aws_conn_id,
            s3_bucket=settings.s3_bucket,
            s3_prefix=settings.s3_prefix,
            script_options=session_options(settings.script_session or {}),
            has_console=settings.s3_url is None or is_aws(settings.s3_url),
        ),
        Exports(
            result_key=result_key,
            archive_key=archive_key,
            verify=settings.export_verify,
            arguments=settings.export_arguments,
        ),
        RunLock(settings.warehouse_conn_id, settings.client_id, waits=settings.second_run == "wait"),
        _monitor(settings),
        settings.source_url,
    )


def _html_report(settings: Settings, batch: Batch) -> HtmlReport | None:
    if not settings.report_html:
        return None
    return HtmlReport(batch.endpoints, settings.client_id, settings.environment, settings.export.objects)


def _monitor(settings: Settings) -> Monitor:
    return Monitor(
        client_id=settings.client_id,
        environment=settings.environment,
        aws_conn_id=settings.aws_conn_id,
        topic_arn=settings.alert_topic_arn,
        metrics_namespace=settings.metrics_namespace,
        shrink_percent=settings.alert_shrink,
        deadline=settings.deadline_interval,
    )
