"""Renders a script tree as Airflow tasks: a group per system between the preflight and the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from graphlib import TopologicalSorter
from typing import Any

from airflow.providers.standard.operators.python import PythonOperator
from airflow.sdk import BaseOperator, get_current_context

from billing_aggregator.monitoring.log_fields import name_task
from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.outcome.html_report import HtmlReport
from billing_aggregator.outcome.report import report_run
from billing_aggregator.outcome.run_alerts import tell_outcome
from billing_aggregator.outcome.run_metrics import measure_run
from billing_aggregator.results.system_results import read_by_system
from billing_aggregator.run.lock import RunLock
from billing_aggregator.run.params import SystemChoice
from billing_aggregator.run.preflight import run_preflight
from billing_aggregator.scripts.stages import DRY_RUN, PREFLIGHT, REPORT, STAGE
from billing_aggregator.scripts.systems import find_predecessors
from billing_aggregator.scripts.tree import ScriptTree
from billing_aggregator.tasks.batch import Batch
from billing_aggregator.tasks.documentation.export_docs import of_run_task
from billing_aggregator.tasks.documentation.script_docs import Documentation
from billing_aggregator.tasks.dry_run import DryRunOperator
from billing_aggregator.tasks.exports import check_keys
from billing_aggregator.tasks.system_group import SystemGroup, SystemTasks


def build_tasks(batch: Batch, html_report: HtmlReport | None = None) -> None:
    """Add all tasks to the DAG that is being defined.

    The preflight skips the systems that a run does not select, and either all of them or the dry run. The first task of
    each system waits for the preflight and for the results of the systems it comes after, whether they ran or were
    skipped. The report comes last, always, as a teardown that decides: the run fails where a task failed, where a
    selected system exported nothing, or where a person marked a task as a success.

    :param html_report: writes the report as a file, too
    :raises ScriptTreeError: two exports would write the same files, or a key is none
    """
    check_keys(batch.tree, batch.exports)
    preflight = _preflight(batch)
    systems = _systems(batch)
    dry_run = _dry_run(batch, systems)
    report = _report(batch, systems, html_report)
    preflight >> dry_run >> report
    for name, others in _awaited(batch.tree, systems).items():
        preflight >> systems[name].first
        for results in others:
            results >> systems[name].first
        systems[name].last >> report


def _preflight(batch: Batch) -> BaseOperator:
    choice = SystemChoice(batch.tree.names, batch.tree.alternatives)
    return PythonOperator(
        python_callable=run_preflight, op_args=[batch.endpoints, choice, batch.lock], **_run_task(PREFLIGHT, batch)
    )


def _systems(batch: Batch) -> dict[str, SystemTasks]:
    documentation, results_of = Documentation.of(batch.tree, batch.source_url), read_by_system(batch.tree)
    return {
        system.name: SystemGroup(batch, system, documentation, results_of[system.name]).tasks()
        for system in batch.tree.systems
    }


def _dry_run(batch: Batch, systems: Mapping[str, SystemTasks]) -> BaseOperator:
    after = {system.name: system.after for system in batch.tree.systems}
    return DryRunOperator(
        sql_conn_id=batch.endpoints.sql_conn_id,
        options=batch.endpoints.script_options,
        # The systems, each after those it comes after.
        rehearsed={name: systems[name].rehearsed for name in TopologicalSorter(after).static_order()},
        lock=batch.lock,
        **_run_task(DRY_RUN, batch),
    )


def _report(batch: Batch, systems: Mapping[str, SystemTasks], html_report: HtmlReport | None) -> BaseOperator:
    exports = [export.task_id for tasks in systems.values() for export in tasks.exports]
    scripts = [script.task_id for tasks in systems.values() for script in tasks.scripts]
    report = PythonOperator(
        python_callable=_report_run,
        op_args=[exports, scripts, batch.lock, batch.monitor, html_report],
        on_failure_callback=None,
        **_run_task(REPORT, batch),
    )
    report.as_teardown(on_failure_fail_dagrun=True)
    return report


def _run_task(name: str, batch: Batch) -> dict[str, Any]:
    """What the tasks of the whole run have in common."""
    return {
        "task_id": name,
        "pre_execute": partial(name_task, batch.monitor),
        "task_display_name": STAGE[name].title.en,
        "doc_md": of_run_task(name),
    }


def _awaited(tree: ScriptTree, systems: Mapping[str, SystemTasks]) -> dict[str, list[BaseOperator]]:
    """The results that each system waits for.

    A system that builds nothing stands for those it comes after itself.
    """
    results = {name: tasks.results for name, tasks in systems.items() if tasks.results}
    awaited = find_predecessors({system.name: system.after for system in tree.systems}, results)
    return {name: [results[other] for other in awaited[name]] for name in systems}


def _report_run(
    exports: Sequence[str], scripts: Sequence[str], lock: RunLock, monitor: Monitor, html_report: HtmlReport | None
) -> None:
    context = get_current_context()
    lock.release(context)
    observers = [partial(measure_run, monitor), partial(tell_outcome, monitor)]
    report_run(context, exports, scripts, html_report=html_report, observers=observers)
