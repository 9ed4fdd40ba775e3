"""The operators that run a script of the tree: statements, a check of one query, or an export."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from airflow.providers.common.sql.operators.sql import (
    BaseSQLOperator,
    SQLCheckOperator,
    SQLExecuteQueryOperator,
)

from billing_aggregator.run.lock import RunLock, guard
from billing_aggregator.scripts.session import ISO_DATES, SESSION_OPTIONS
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.operators.chunked_sql_to_s3 import ChunkedSqlToS3Operator
from postgres_to_s3.operators.interruptible import Interruptible
from postgres_to_s3.operators.retry_or_fail import retry_or_fail
from postgres_to_s3.postgres.connection import Row
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.retryable import named_errors

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

Result = TypeVar("Result")
# Notices of a script belong in its task's log, its text does not belong there twice.
HOOK_PARAMS = {"enable_log_db_messages": True, "log_sql": False}


class _CancelOnKill(BaseSQLOperator):
    """Cancels the running statement when the task is killed or its time is up; its transaction is rolled back."""

    _work: Interruptible | None = None

    def on_kill(self) -> None:
        """Cancel the statement in the warehouse."""
        if self._work:
            self._work.cancel()

    def _run(self, work: Callable[[], Result]) -> Result:
        hook = self.get_db_hook()

        def cancel() -> None:
            connection = getattr(hook, "conn", None)
            if connection is not None and not connection.closed:
                connection.cancel()

        self._work = Interruptible(cancel)
        return self._work.run(work)


class ScriptOperator(_CancelOnKill, SQLExecuteQueryOperator):
    """Runs a script's statements in one transaction, while the run holds the warehouse: all of them happen, or none.

    :param script: the script's path below the root of the tree, named in errors
    :param lock: the lock of the warehouse
    :param options: settings of the session, as libpq takes them
    """

    custom_operator_name = "SQL script"

    def __init__(self, *, script: str, lock: RunLock, options: str = SESSION_OPTIONS, **kwargs: Any) -> None:
        super().__init__(hook_params=HOOK_PARAMS | {"options": options}, **kwargs)
        self.script = script
        self.lock = lock

    def execute(self, context: Context) -> bool:
        """Run the script.

        :return: true, by which the report tells it from a task that was marked as a success by hand
        :raises AirflowException: the error may pass, such as that another run has taken the lock over; Airflow retries
        :raises AirflowFailException: the error is in the script, the data or the permissions
        """
        with retry_or_fail(f"script {self.script!r}"):
            # The run has claimed the lock before each of its tasks.
            holder = self.lock.holder_of(context)
            log.debug("SQL: %s", self.sql)
            self._run(lambda: self.get_db_hook().run([ISO_DATES, guard(holder), str(self.sql)], handler=None))
        return True

    def rehearse(self, session: Session) -> None:
        """Run the script in a transaction of the caller's, once its template is rendered."""
        with named_errors(f"script {self.script!r}"):
            session.execute(str(self.sql))


class ScriptCheckOperator(_CancelOnKill, SQLCheckOperator):
    """Runs a check: a query whose first row must hold nothing but true values.

    :param script: the script's path below the root of the tree, named in errors
    :param options: settings of the session, as libpq takes them
    """

    custom_operator_name = "SQL check"

    def __init__(self, *, script: str, options: str = SESSION_OPTIONS, **kwargs: Any) -> None:
        super().__init__(hook_params=HOOK_PARAMS | {"options": options}, **kwargs)
        self.script = script

    def execute(self, context: Context) -> bool:  # noqa: ARG002 - Airflow's signature
        """Run the check.

        :return: true, by which the report tells it from a task that was marked as a success by hand
        :raises AirflowFailException: a value is not true, or there is no row; the message shows all values by name
        """
        with retry_or_fail(f"check {self.script!r}"):
            self._compare(self._run(self._first_row))
        return True

    def rehearse(self, session: Session) -> None:
        """Run the check in a transaction of the caller's, once its template is rendered.

        :raises PermanentError: a value is not true, or there is no row
        """
        with named_errors(f"check {self.script!r}"), session.cursor() as cursor:
            cursor.execute(str(self.sql), None)
            self._compare(_named_values(cursor.fetchone(), cursor.description))

    def _first_row(self) -> dict[str, object]:
        hook = self.get_db_hook()
        log.debug("SQL: %s", self.sql)
        _, values = hook.get_first([ISO_DATES, str(self.sql)])
        return _named_values(values, hook.last_description)

    def _compare(self, row: dict[str, object]) -> None:
        shown = ", ".join(f"{name} = {value}" for name, value in row.items())
        untrue = ", ".join(repr(name) for name, value in row.items() if not value)
        if untrue:
            raise PermanentError(f"expected only true values, but {untrue} is not true: {shown}")
        self.log.info("Check passed: %s", shown)


class ExportOperator(ChunkedSqlToS3Operator):
    """Exports results, or what a script selects.

    :param script: the script's path below the root of the tree, named in logs, reports and alerts
    """

    def __init__(self, *, script: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.script = script


def _named_values(values: Row | Mapping[str, object] | None, columns: Sequence[Row] | None) -> dict[str, object]:
    """The values of a row by the names of their columns.

    :raises PermanentError: there is no row
    """
    if not values:
        raise PermanentError("expected a row of true values, found no row")
    if isinstance(values, Mapping):
        # As a connection in Airflow may ask for.
        return dict(values)
    return dict(zip((column[0] for column in columns or ()), values, strict=True))
