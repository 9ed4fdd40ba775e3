"""The operators that run a script of the tree in the warehouse: statements, or a check of one query."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.providers.common.sql.operators.sql import (
    BaseSQLOperator,
    SQLCheckOperator,
    SQLExecuteQueryOperator,
)

from billing_aggregator.outcome.check_refusal import describe_refusal
from billing_aggregator.results.system_results import SystemResults
from billing_aggregator.run.current_run import CurrentRun
from billing_aggregator.run.lock import RunLock
from billing_aggregator.run.warehouse import session_of
from billing_aggregator.scripts.session import SESSION_OPTIONS
from billing_aggregator.scripts.sql.outline import REPORT_COLUMN
from billing_aggregator.scripts.tree import Script
from billing_aggregator.tasks.one_transaction import first_row, guarded_transaction, run_statements
from billing_aggregator.tasks.script_rendering import RenderedScript
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.operators.interruptible import Interruptible
from postgres_to_s3.operators.retry_or_fail import retry_or_fail
from postgres_to_s3.postgres.session import Session

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

Result = TypeVar("Result")


class _ScriptTask(BaseSQLOperator):
    """Runs a script in a session of its own, whose statement is cancelled when the task is killed or its time is up.

    :param script: the script
    :param results: the results of its system
    :param lock: the lock of the warehouse
    :param options: settings of the session, as libpq takes them
    """

    _work: Interruptible | None = None
    _session: Session | None = None

    def __init__(
        self, *, script: Script, results: SystemResults, lock: RunLock, options: str = SESSION_OPTIONS, **kwargs: Any
    ) -> None:
        # Notices of a script belong in its task's log.
        super().__init__(hook_params={"enable_log_db_messages": True, "options": options}, **kwargs)
        self.script = script.path
        self.lock = lock
        self._script = script
        self._results = results

    def on_kill(self) -> None:
        """Cancel the statement in the warehouse; its transaction is rolled back."""
        if self._work:
            self._work.cancel()

    def _cancel(self) -> None:
        if self._session:
            self._session.cancel()

    def _run(self, work: Callable[[Session], Result]) -> Result:
        def in_session() -> Result:
            with self._open_session() as self._session:
                return work(self._session)

        self._work = Interruptible(self._cancel)
        return self._work.run(in_session)

    @contextmanager
    def _open_session(self) -> Iterator[Session]:
        hook = self.get_db_hook()
        connection = hook.get_conn()
        with closing(session_of(connection)) as session:
            try:
                yield session
            finally:
                hook.get_db_log_messages(connection)


class ScriptOperator(RenderedScript, _ScriptTask, SQLExecuteQueryOperator):
    """Runs a script's statements and stamps the results, in one transaction, while the run holds the warehouse."""

    custom_operator_name = "SQL script"

    def execute(self, context: Context) -> bool:
        """Run the script.

        :return: true, by which the report tells it from a task that was marked as a success by hand
        :raises AirflowException: the error may pass, such as that another run has taken the lock over; Airflow retries
        :raises AirflowFailException: the error is in the script, the data, the permissions, or results that it needs
        """
        run = CurrentRun.of(context, self.lock)
        with retry_or_fail(f"script {self.script!r}"):
            self._run(lambda session: self._run_guarded(session, run))
        return True

    def run_in(self, session: Session, run: CurrentRun) -> None:
        """Run the script in a transaction of the caller's, once its template is rendered."""
        stamp = self._results.begin(session, run, self._script)
        run_statements(session, str(self.sql))
        # A script may have taken another role.
        session.execute("reset role")
        self._results.finish(session, stamp, self._script)

    def _run_guarded(self, session: Session, run: CurrentRun) -> None:
        with guarded_transaction(session, run.holder):
            self._results.open(session, run, self._script)
        with guarded_transaction(session, run.holder):
            self.run_in(session, run)


class ScriptCheckOperator(RenderedScript, _ScriptTask, SQLCheckOperator):
    """Runs a check: a query whose first row must hold nothing but true values. Stamps the results that it checks."""

    custom_operator_name = "SQL check"

    def execute(self, context: Context) -> dict[str, str] | bool:
        """Run the check.

        :return: what it has to say for the report, else true, by which the report tells it from a task that was marked
        :raises AirflowFailException: a value is not true, or there is no row; the message shows all values by name
        """
        run = CurrentRun.of(context, self.lock)
        with retry_or_fail(f"check {self.script!r}"):
            row = self._run(lambda session: self._check_guarded(session, run))
        return {REPORT_COLUMN: str(row[REPORT_COLUMN])} if row.get(REPORT_COLUMN) else True

    def run_in(self, session: Session, run: CurrentRun) -> None:
        """Run the check in a transaction of the caller's, once its template is rendered.

        :raises PermanentError: a value is not true, or there is no row
        """
        stamp = self._results.begin(session, run, self._script)
        self._compare(first_row(session, str(self.sql)))
        self._results.finish(session, stamp, self._script)

    def _check_guarded(self, session: Session, run: CurrentRun) -> dict[str, object]:
        """The query is read only, the stamp before and after it is not."""
        with guarded_transaction(session, run.holder):
            self._results.open(session, run, self._script)
        session.execute("begin read only")
        row = first_row(session, str(self.sql))
        session.execute("commit")
        with guarded_transaction(session, run.holder):
            if all(row.values()):
                self._results.finish(session, self._results.begin(session, run, self._script), self._script)
            else:
                self._results.refuse(session, run, self._script)
        self._compare(row)
        return row

    def _compare(self, row: Mapping[str, object]) -> None:
        if refusal := describe_refusal(row):
            raise PermanentError(refusal)
        self.log.info("Check passed: %s", ", ".join(f"{name} = {value}" for name, value in row.items()))
