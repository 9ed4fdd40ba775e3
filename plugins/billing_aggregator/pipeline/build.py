"""Renders a script tree as Airflow tasks: a group per system between the preflight and the report."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from graphlib import TopologicalSorter

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import get_current_context

from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.pipeline.documentation import Documentation
from billing_aggregator.pipeline.dry_run import DryRunOperator
from billing_aggregator.pipeline.export_documentation import DRY_RUN as DRY_RUN_TEXT
from billing_aggregator.pipeline.export_documentation import PREFLIGHT as PREFLIGHT_TEXT
from billing_aggregator.pipeline.export_documentation import REPORT
from billing_aggregator.pipeline.exports import Exports, check_keys
from billing_aggregator.pipeline.html_report import HtmlReport
from billing_aggregator.pipeline.log_fields import name_task
from billing_aggregator.pipeline.report import report_run
from billing_aggregator.pipeline.run_alerts import tell_outcome
from billing_aggregator.pipeline.run_metrics import measure_run
from billing_aggregator.pipeline.system_group import SystemGroup
from billing_aggregator.results.system_results import read_by_system
from billing_aggregator.run.endpoints import Endpoints
from billing_aggregator.run.lock import RunLock
from billing_aggregator.run.params import SystemChoice
from billing_aggregator.run.preflight import DRY_RUN, PREFLIGHT, run_preflight
from billing_aggregator.scripts.systems import find_predecessors
from billing_aggregator.scripts.tree import ScriptTree


def build_pipeline(
    tree: ScriptTree,
    endpoints: Endpoints,
    exports: Exports,
    monitor: Monitor,
    *,
    second_run_waits: bool = True,
    html_report: HtmlReport | None = None,
    source_url: str | None = None,
) -> None:
    """Add all tasks to the DAG that is being defined.

    The preflight skips the systems that a run does not select, and either all of them or the dry run. The first task of
    each system waits for the preflight and for the results of the systems it comes after, whether they ran or were
    skipped. The report comes last, always, as a teardown that decides: the run fails where a task failed, where a
    selected system exported nothing, or where a person marked a task as a success.

    :param monitor: who is told of a run
    :param second_run_waits: a run that finds another one building waits for its end; else it fails
    :param html_report: writes the report as a file, too
    :param source_url: where people read the files of this release; None: the tasks' documentation names them
    """
    check_keys(tree, exports)
    lock = RunLock(endpoints.sql_conn_id, tree.client_id, second_run_waits)
    before_task = partial(name_task, monitor)
    preflight = PythonOperator(
        task_id=PREFLIGHT,
        python_callable=run_preflight,
        op_args=[endpoints, SystemChoice(tree.names, tree.alternatives), lock],
        pre_execute=before_task,
        task_display_name="Preflight",
        doc_md=PREFLIGHT_TEXT,
    )
    documentation = Documentation.of(tree, source_url)
    results_of = read_by_system(tree)
    systems = {
        system.name: SystemGroup(
            system, endpoints, exports, lock, monitor, documentation, results_of[system.name]
        ).tasks()
        for system in tree.systems
    }
    dry_run = DryRunOperator(
        task_id=DRY_RUN,
        sql_conn_id=endpoints.sql_conn_id,
        options=endpoints.script_options,
        rehearsed={name: systems[name].rehearsed for name in _in_order(tree)},
        lock=lock,
        pre_execute=before_task,
        task_display_name="Dry run",
        doc_md=DRY_RUN_TEXT,
    )
    export_ids = [export.task_id for tasks in systems.values() for export in tasks.exports]
    script_ids = [task.task_id for tasks in systems.values() for task in tasks.scripts]
    report = PythonOperator(
        task_id="report",
        python_callable=_report,
        op_args=[export_ids, script_ids, lock, monitor, html_report],
        on_failure_callback=None,
        pre_execute=before_task,
        task_display_name="Report",
        doc_md=REPORT,
    )
    report.as_teardown(on_failure_fail_dagrun=True)
    preflight >> dry_run >> report
    results = {name: tasks.results for name, tasks in systems.items() if tasks.results}
    # A system that builds nothing stands for those it comes after itself.
    awaited = find_predecessors({system.name: system.after for system in tree.systems}, results)
    for name, tasks in systems.items():
        preflight >> tasks.first
        for other in awaited[name]:
            results[other] >> tasks.first
        tasks.last >> report


def _in_order(tree: ScriptTree) -> tuple[str, ...]:
    """The systems, each after those it comes after."""
    return tuple(TopologicalSorter({system.name: system.after for system in tree.systems}).static_order())


def _report(
    exports: Sequence[str], scripts: Sequence[str], lock: RunLock, monitor: Monitor, html_report: HtmlReport | None
) -> None:
    context = get_current_context()
    lock.release(context)
    observers = [partial(measure_run, monitor), partial(tell_outcome, monitor)]
    report_run(context, exports, scripts, html_report=html_report, observers=observers)
