"""The operator that exports checked results, and what archive scripts select of them."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from billing_aggregator.results.rules import find_remarks
from billing_aggregator.results.stamps import Stamp
from billing_aggregator.results.system_results import SystemResults
from billing_aggregator.run.current_run import CurrentRun, business_date_of
from billing_aggregator.run.lock import RunLock
from billing_aggregator.run.warehouse import open_session
from billing_aggregator.scripts.tree import Script
from billing_aggregator.tasks.one_transaction import guarded_transaction
from billing_aggregator.tasks.script_rendering import RenderedScript
from postgres_to_s3.operators.chunked_sql_to_s3 import ChunkedSqlToS3Operator
from postgres_to_s3.operators.export_summary import Summary
from postgres_to_s3.operators.retry_or_fail import retry_or_fail
from postgres_to_s3.options.keys import fill_key
from postgres_to_s3.postgres.session import Session

if TYPE_CHECKING:
    import jinja2
    from airflow.sdk import Context
    from pydantic import JsonValue

log = logging.getLogger(__name__)


class ExportOperator(RenderedScript, ChunkedSqlToS3Operator):
    """Exports checked results, or what a script selects of them; ``{date}`` in the key becomes the business date.

    :param script: the script; None: the results of the system
    :param results: the results of the system
    :param lock: the lock of the warehouse
    """

    def __init__(self, *, script: Script | None = None, results: SystemResults, lock: RunLock, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.script = script.path if script else None
        self._script = script
        self._results = results
        self._lock = lock
        self._read: tuple[Stamp, ...] = ()

    def render_template_fields(self, context: Context, jinja_env: jinja2.Environment | None = None) -> None:
        """Fill in the run's values: those of the script, the rows per file, and the business date."""
        super().render_template_fields(context, jinja_env)
        business_date = business_date_of(context).isoformat()
        self.s3_key = fill_key(self.s3_key, {"date": business_date})
        self.max_rows_per_file = context["params"]["max_rows_per_file"]
        self.notes = {"business_date": business_date}

    def execute(self, context: Context) -> Summary:
        """Run the export.

        :return: its summary, and whose results it holds
        :raises AirflowFailException: its results are not those of this run, or not checked
        """
        run = CurrentRun.of(context, self._lock)
        with retry_or_fail(f"task {self.task_id!r}"), self._stamping(run) as session:
            self._results.accept_marked(session, run)
        # Airflow keeps the object itself for the asset.
        summary = super().execute(context)
        summary |= self._provenance_of(run)
        if self._script:
            self._stamp(run, self._script)
        return summary

    def measure(self, session: Session, context: Context) -> Summary:
        """What the export would write of rows that a transaction of the caller's has not committed yet."""
        return super().measure(session, context) | self._provenance_of(CurrentRun.of(context, self._lock))

    def provenance(self, context: Context, session: Session) -> Mapping[str, JsonValue]:
        """Demand checked results, as the snapshot of the export shows them; say whose they are.

        :raises PermanentError: they are not those of this run, or not checked
        """
        self._read = self._results.read(session, CurrentRun.of(context, self._lock), self._script)
        results: list[JsonValue] = [{**stamp.described, "scripts": dict(stamp.scripts)} for stamp in self._read]
        script: dict[str, JsonValue] = {self._script.path: self._script.sha256} if self._script else {}
        return {"results": results, "scripts": script}

    def _provenance_of(self, run: CurrentRun) -> Summary:
        return {
            "results": [stamp.described for stamp in self._read],
            "remarks": list(find_remarks(self._read, run.holder)),
        }

    def _stamp(self, run: CurrentRun, script: Script) -> None:
        """Stamp that the archive was written; its files are published, so nothing may fail any more."""
        try:
            with self._stamping(run) as session:
                self._results.finish(session, self._results.begin(session, run, script), script)
        except Exception as error:
            log.warning("The archive is published, but this could not be stamped: %s", error)

    @contextmanager
    def _stamping(self, run: CurrentRun) -> Iterator[Session]:
        with closing(open_session(self.sql_conn_id)) as session, guarded_transaction(session, run.holder):
            yield session
