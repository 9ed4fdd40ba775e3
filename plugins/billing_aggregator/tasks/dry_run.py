"""A run that changes nothing: all systems are built, checked and measured in one transaction, which is rolled back."""

from __future__ import annotations

import copy
import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from importlib import import_module
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator
from airflow.sdk.exceptions import AirflowSkipException

from billing_aggregator.run.current_run import CurrentRun
from billing_aggregator.run.lock import RunLock, guard
from billing_aggregator.run.warehouse import open_session
from billing_aggregator.scripts.session import ISO_DATES
from billing_aggregator.tasks.export_operator import ExportOperator
from billing_aggregator.tasks.script_operators import ScriptCheckOperator, ScriptOperator
from postgres_to_s3.operators.export_summary import Summary
from postgres_to_s3.operators.interruptible import Interruptible
from postgres_to_s3.operators.retry_or_fail import retry_or_fail
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.retryable import named_errors

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

# Each script finds what a new session has, as in a real run.
CLEAN_UP = f"discard temp; reset all; {ISO_DATES}"

Exports = dict[str, Summary]


class DryRunOperator(BaseOperator):
    """Does what the tasks of the selected systems do, up to their exports, and undoes it.

    One transaction, so that a system finds the results of those it comes after. Nothing is written to S3, and neither
    history nor cleanup is run. Until the end it holds the locks that publishing takes: readers of the result tables
    wait.

    :param sql_conn_id: the connection of the warehouse
    :param options: settings of the session, as libpq takes them
    :param rehearsed: the tasks of each system, in the order of a real run
    :param lock: the lock of the warehouse
    """

    def __init__(
        self,
        *,
        sql_conn_id: str,
        options: str,
        rehearsed: Mapping[str, Sequence[BaseOperator]],
        lock: RunLock,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.sql_conn_id = sql_conn_id
        self.options = options
        self.lock = lock
        self._rehearsed = rehearsed
        self._session: Session | None = None
        self._work: Interruptible | None = None

    def execute(self, context: Context) -> Exports:
        """Rehearse the run.

        :return: the summary of each export, by task id
        :raises AirflowSkipException: the run is a real one
        """
        if not context["params"]["dry_run"]:
            raise AirflowSkipException("the run is not a dry run")
        selected = context["params"]["systems"]
        tasks = [
            _rendered(task, context) for name, tasks in self._rehearsed.items() if name in selected for task in tasks
        ]
        # On the thread that stays, as each export does.
        import_module("postgres_to_s3.export")
        with retry_or_fail("the dry run"):
            self.lock.claim(context)
            self._work = Interruptible(self._cancel)
            return self._work.run(lambda: self._do_and_undo(tasks, context))

    def on_kill(self) -> None:
        """Cancel the statement in the warehouse; the transaction is rolled back."""
        if self._work:
            self._work.cancel()

    def _cancel(self) -> None:
        if self._session:
            self._session.cancel()

    def _do_and_undo(self, tasks: Sequence[BaseOperator], context: Context) -> Exports:
        run = CurrentRun.of(context, self.lock)
        exports: Exports = {}
        with closing(open_session(self.sql_conn_id, self.options)) as session:
            self._session = session
            session.execute("begin")
            session.execute(guard(run.holder))
            for task in tasks:
                started = time.monotonic()
                if isinstance(task, ExportOperator):
                    exports[task.task_id] = task.measure(session, context)
                elif isinstance(task, (ScriptOperator, ScriptCheckOperator)):
                    with named_errors(f"script {task.script!r}"):
                        task.run_in(session, run)
                session.execute(CLEAN_UP)
                log.info("Dry run of %s: %.1f s", task.task_id, time.monotonic() - started)
            session.execute("rollback")
        return exports


def _rendered(task: BaseOperator, context: Context) -> BaseOperator:
    """The task with its templates rendered for this run."""
    rendered = copy.copy(task)
    rendered.render_template_fields(context)
    return rendered
