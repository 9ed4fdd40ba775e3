"""The tasks of one system: a TaskGroup, in it a sub-group per stage, then the export."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from airflow.sdk import Asset, BaseOperator, TaskGroup, TriggerRule, chain

from billing_aggregator.monitoring.monitor import Monitor
from billing_aggregator.pipeline.documentation import STAGES, Documentation, display_name, tooltip
from billing_aggregator.pipeline.export_documentation import VERIFY, describe_target, document_results
from billing_aggregator.pipeline.export_operator import ExportOperator
from billing_aggregator.pipeline.exports import Exports
from billing_aggregator.pipeline.log_fields import name_task
from billing_aggregator.pipeline.script_operators import ScriptCheckOperator, ScriptOperator
from billing_aggregator.results.system_results import SystemResults
from billing_aggregator.run.endpoints import Endpoints
from billing_aggregator.run.lock import RunLock
from billing_aggregator.run.preflight import enter_task
from billing_aggregator.run.script_values import ScriptValues
from billing_aggregator.scripts.tree import Script, System
from postgres_to_s3.operators.verify_export import VerifyExportOperator

if TYPE_CHECKING:
    from airflow.sdk import Context

CHECK_STAGES = ("prechecks", "postchecks")


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

    def __init__(
        self,
        system: System,
        endpoints: Endpoints,
        exports: Exports,
        lock: RunLock,
        monitor: Monitor,
        documentation: Documentation,
        results: SystemResults,
    ) -> None:
        self._system = system
        self._results = results
        self._documentation = documentation
        self._endpoints = endpoints
        self._exports = exports
        self._lock = lock
        self._monitor = monitor
        self._script_values = ScriptValues(monitor.client_id, monitor.environment)

    def tasks(self) -> SystemTasks:
        """Create the group's tasks, one after the other in the order of design: checks, results, exports, history."""
        default_args: dict[str, Any] = {"pre_execute": partial(_enter, self._system.name, self._lock, self._monitor)}
        with self._group(default_args):
            before = [*self._stage("prechecks"), *self._stage("init"), *self._stage("postchecks")]
            export, archive = self._export(), self._stage("archive")
            verification = [self._verify(task) for task in export if self._exports.verify]
            after = [*self._stage("history"), *self._stage("cleanup")]
        line = [*before, *export, *verification, *archive, *after]
        # The systems it comes after may have been skipped.
        line[0].trigger_rule = TriggerRule.NONE_FAILED
        chain(*line)
        return SystemTasks(
            first=line[0],
            results=before[-1] if before else None,
            last=line[-1],
            exports=(*export, *archive),
            scripts=(*before, *after),
            rehearsed=(*before, *export, *archive),
        )

    def _group(self, default_args: dict[str, Any]) -> TaskGroup:
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

    def _stage(self, stage: str) -> list[BaseOperator]:
        scripts = self._system.stage(stage)
        if not scripts:
            return []
        with TaskGroup(stage, prefix_group_id=True, tooltip=STAGES[stage]):
            return [self._script(stage, script) for script in scripts]

    def _script(self, stage: str, script: Script) -> BaseOperator:
        if stage == "archive":
            return self._archive(script)
        arguments: dict[str, Any] = {
            "task_id": script.name,
            "script": script,
            "script_values": self._script_values,
            "sql": script.text,
            "results": self._results,
            "lock": self._lock,
            "conn_id": self._endpoints.sql_conn_id,
            "options": self._endpoints.script_options,
            "task_display_name": display_name(script),
            "doc_md": self._documentation.script(script),
        }
        if stage in CHECK_STAGES:
            return ScriptCheckOperator(**arguments)
        return ScriptOperator(**arguments)

    def _export(self) -> list[BaseOperator]:
        table = self._system.export
        if not table:
            return []
        key = self._exports.keys_of_results(self._system.name, table)
        asset = f"{self._system.name}_{table.rpartition('.')[2]}"
        shape = {name: getattr(self._system, name) or None for name in ("columns", "order_by", "amounts")}
        texts = {
            "task_display_name": f"Export {self._system.name} to S3",
            "doc_md": document_results(self._system, self._endpoints.s3_bucket, key, self._exports.arguments),
        }
        return [self._to_s3("export", asset, key, table=table, **texts, **shape)]

    def _verify(self, export: BaseOperator) -> BaseOperator:
        return VerifyExportOperator(
            task_id="verify",
            aws_conn_id=self._endpoints.aws_conn_id,
            s3_bucket=self._endpoints.s3_bucket,
            manifest_key=f"{{{{ ti.xcom_pull({export.task_id!r})['manifest'] }}}}",
            task_display_name=f"Verify the files of {self._system.name}",
            doc_md=VERIFY,
        )

    def _archive(self, script: Script) -> BaseOperator:
        key = self._exports.keys_of_archive(script, "{date}")
        asset = f"archive_{self._system.name}_{script.name}"
        shown_key = self._exports.keys_of_archive(script, "YYYY-MM-DD")
        target = describe_target(self._endpoints.s3_bucket, shown_key, self._exports.arguments)
        texts = {
            "task_display_name": display_name(script),
            "doc_md": f"{self._documentation.script(script)}\n#### Export\n\n{target}\n",
        }
        return self._to_s3(script.name, asset, key, script=script, sql=script.text, **texts)

    def _to_s3(self, task_id: str, asset: str, key: str, **source: Any) -> BaseOperator:
        endpoints = self._endpoints
        task = ExportOperator(
            task_id=task_id,
            sql_conn_id=endpoints.sql_conn_id,
            aws_conn_id=endpoints.aws_conn_id,
            s3_bucket=endpoints.s3_bucket,
            s3_key=key,
            script_values=self._script_values,
            results=self._results,
            lock=self._lock,
            outlets=[Asset(f"s3://{endpoints.s3_bucket}/{endpoints.key(asset)}")],
            **self._exports.arguments,
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
