"""The tasks of one system: a TaskGroup, in it a sub-group per stage, then the export."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, BaseOperator, TaskGroup, TriggerRule, chain

from billing_aggregator.monitoring.log_fields import name_task
from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.results.system_results import SystemResults
from billing_aggregator.run.lock import RunLock
from billing_aggregator.run.preflight import enter_task
from billing_aggregator.scripts.stages import EXPORT, STAGES, VERIFY, Kind, Stage
from billing_aggregator.scripts.task_names import TaskName
from billing_aggregator.scripts.tree import Script, System
from billing_aggregator.tasks.batch import Batch
from billing_aggregator.tasks.documentation.export_docs import describe_target, document_results, of_run_task
from billing_aggregator.tasks.documentation.script_docs import Documentation, display_name, tooltip
from billing_aggregator.tasks.export_operator import ExportOperator
from billing_aggregator.tasks.script_operators import ScriptCheckOperator, ScriptOperator
from postgres_to_s3.operators.verify_export import VerifyExportOperator

if TYPE_CHECKING:
    from airflow.sdk import Context


@dataclass(frozen=True)
class SystemTasks:
    """The seams of a system's group.

    :param first: the first task of the group
    :param results: once it is done, the system's results may be read; None for a system that builds nothing
    :param last: the last task of the group
    :param exports: the tasks that write to S3
    :param scripts: the tasks that run a script or a check in the warehouse
    :param rehearsed: the tasks that a dry run does, in their order
    """

    first: BaseOperator
    results: BaseOperator | None
    last: BaseOperator
    exports: tuple[BaseOperator, ...]
    scripts: tuple[BaseOperator, ...]
    rehearsed: tuple[BaseOperator, ...]


class SystemGroup:
    """The TaskGroup of one system."""

    def __init__(self, batch: Batch, system: System, documentation: Documentation, results: SystemResults) -> None:
        self._batch = batch
        self._system = system
        self._documentation = documentation
        self._results = results
        self._makers: dict[str, Callable[[], list[BaseOperator]]] = {EXPORT: self._export, VERIFY: self._verify}

    def tasks(self) -> SystemTasks:
        """Create the group's tasks, one after the other in the order of the stages."""
        with self._group():
            made = [(stage.kind, task) for stage in STAGES for task in self._stage(stage)]
        line = [task for _, task in made]
        # The systems it comes after may have been skipped.
        line[0].trigger_rule = TriggerRule.NONE_FAILED
        chain(*line)
        prepares = [task for kind, task in itertools.takewhile(lambda each: each[0] in (Kind.CHECK, Kind.BUILD), made)]
        exports = [task for task in line if isinstance(task, ExportOperator)]
        return SystemTasks(
            first=line[0],
            results=prepares[-1] if prepares else None,
            last=line[-1],
            exports=tuple(exports),
            scripts=tuple(task for kind, task in made if kind is not Kind.EXPORT),
            rehearsed=(*prepares, *exports),
        )

    def _group(self) -> TaskGroup:
        default_args: dict[str, Any] = {
            "pre_execute": partial(_enter, self._system.name, self._batch.lock, self._batch.monitor)
        }
        group = TaskGroup(
            self._system.name,
            prefix_group_id=True,
            tooltip=tooltip(self._system),
            default_args=default_args,  # type: ignore[arg-type]
        )
        # Airflow 3.2 knows no documentation of groups.
        if hasattr(group, "doc_md"):
            group.doc_md = self._documentation.system(self._system)
        return group

    def _stage(self, stage: Stage) -> list[BaseOperator]:
        if make := self._makers.get(stage.name):
            return make()
        scripts = self._system.stage(stage.name)
        if not scripts:
            return []
        run = {Kind.CHECK: self._check, Kind.EXPORT: self._archive}.get(stage.kind, self._statements)
        with TaskGroup(stage.name, prefix_group_id=True, tooltip=stage.purpose):
            return [run(script) for script in scripts]

    def _check(self, script: Script) -> BaseOperator:
        return ScriptCheckOperator(**self._script(script))

    def _statements(self, script: Script) -> BaseOperator:
        return ScriptOperator(**self._script(script))

    def _script(self, script: Script) -> dict[str, Any]:
        return {
            "task_id": script.name,
            "script": script,
            "script_values": self._batch.script_values,
            "sql": script.text,
            "results": self._results,
            "lock": self._batch.lock,
            "conn_id": self._batch.endpoints.sql_conn_id,
            "options": self._batch.endpoints.script_options,
            "task_display_name": display_name(script),
            "doc_md": self._documentation.script(script),
        }

    def _export(self) -> list[BaseOperator]:
        table, exports = self._system.export, self._batch.exports
        if not table:
            return []
        key = exports.keys_of_results(self._system.name, table)
        return [
            self._to_s3(
                EXPORT,
                f"{self._system.name}_{table.rpartition('.')[2]}",
                key,
                table=table,
                task_display_name=f"Export {self._system.name} to S3",
                doc_md=document_results(self._system, self._batch.endpoints.s3_bucket, key, exports.arguments),
                columns=self._system.columns or None,
                order_by=self._system.order_by or None,
                amounts=self._system.amounts or None,
            )
        ]

    def _verify(self) -> list[BaseOperator]:
        if not (self._system.export and self._batch.exports.verify):
            return []
        export = str(TaskName(EXPORT, self._system.name))
        return [
            VerifyExportOperator(
                task_id=VERIFY,
                aws_conn_id=self._batch.endpoints.aws_conn_id,
                s3_bucket=self._batch.endpoints.s3_bucket,
                manifest_key=f"{{{{ ti.xcom_pull({export!r})['manifest'] }}}}",
                task_display_name=f"Verify the files of {self._system.name}",
                doc_md=of_run_task(VERIFY),
            )
        ]

    def _archive(self, script: Script) -> BaseOperator:
        exports = self._batch.exports
        shown_key = exports.keys_of_archive(script, "YYYY-MM-DD")
        target = describe_target(self._batch.endpoints.s3_bucket, shown_key, exports.arguments)
        return self._to_s3(
            script.name,
            f"archive_{self._system.name}_{script.name}",
            exports.keys_of_archive(script, "{date}"),
            script=script,
            sql=script.text,
            task_display_name=display_name(script),
            doc_md=f"{self._documentation.script(script)}\n#### Export\n\n{target}\n",
        )

    def _to_s3(self, task_id: str, asset: str, key: str, **source: Any) -> BaseOperator:
        endpoints = self._batch.endpoints
        task = ExportOperator(
            task_id=task_id,
            sql_conn_id=endpoints.sql_conn_id,
            aws_conn_id=endpoints.aws_conn_id,
            s3_bucket=endpoints.s3_bucket,
            s3_key=key,
            script_values=self._batch.script_values,
            results=self._results,
            lock=self._batch.lock,
            outlets=[Asset(f"s3://{endpoints.s3_bucket}/{endpoints.key(asset)}")],
            **self._batch.exports.arguments,
            **source,
        )
        if not endpoints.has_console:
            # Airflow would show a heading for links, and nothing below it.
            task.operator_extra_links = ()
        return task


def _enter(system: str, lock: RunLock, monitor: Monitor, context: Context) -> None:
    # A function as short as this one: Airflow keeps its source with each task.
    name_task(monitor, context)
    enter_task(system, lock, context)
