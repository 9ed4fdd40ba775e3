"""The operator that exports a table or a query to S3 as CSV files of an exact number of rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator, BaseOperatorLink
from pydantic import ValidationError

from postgres_to_s3.errors import PermanentError
from postgres_to_s3.manifest import Run
from postgres_to_s3.operators.export_summary import Summary, export_summary
from postgres_to_s3.operators.interruptible import Interruptible
from postgres_to_s3.operators.retry_or_fail import retry_or_fail
from postgres_to_s3.operators.s3_objects_link import S3ObjectsLink, objects_url
from postgres_to_s3.options.arguments import FILE_ENDING, ExportRequest, refuse_file_names
from postgres_to_s3.options.export_options import PART_BYTES, ExportOptions
from postgres_to_s3.options.problems import problems_of
from postgres_to_s3.plan import Source
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.s3.bucket_publication import BucketPublication
from postgres_to_s3.s3.dry_run import DryRun
from postgres_to_s3.s3.publication import Publication

if TYPE_CHECKING:
    from airflow.sdk import Context
    from mypy_boto3_s3 import S3Client
    from pydantic import JsonValue

    from postgres_to_s3.export import Exported


class ChunkedSqlToS3Operator(BaseOperator):
    """Exports rows to S3: all files or none, each with a header, with a manifest written last.

    Memory does not grow with the table and no temporary file is written. A failed export leaves the objects of the
    last good one untouched, unless its error says that the new one is published; a repeated export of the same rows
    writes the same files.

    :param sql: the query to export, one statement (templated); or
    :param table: the table to export, ``schema.name`` (templated)
    :param s3_bucket: the bucket (templated)
    :param s3_key: the key of each file, ``{chunk}`` for its number: ``x/results_{chunk:04d}.csv`` (templated)
    :param sql_conn_id: the PostgreSQL connection (templated)
    :param aws_conn_id: the AWS connection (templated)
    :param measure_only: run the export but write nothing to S3, for dry runs (templated)

    The further arguments, all templated, are the fields of ``ExportOptions``, which says what each of them does.
    """

    template_fields: Sequence[str] = (
        "sql",
        "table",
        "s3_bucket",
        "s3_key",
        "sql_conn_id",
        "aws_conn_id",
        "measure_only",
        *ExportOptions.model_fields,
    )
    template_ext: Sequence[str] = (FILE_ENDING,)
    template_fields_renderers: ClassVar[dict[str, str]] = {"sql": "postgresql"}
    operator_extra_links: Collection[BaseOperatorLink] = (S3ObjectsLink(),)
    ui_color = "#e4f3e1"

    def __init__(
        self,
        *,
        sql: str | None = None,
        table: str | None = None,
        s3_bucket: str,
        s3_key: str,
        sql_conn_id: str = "postgres_default",
        aws_conn_id: str | None = "aws_default",
        measure_only: bool | str = False,
        max_rows_per_file: int | str = 1_000_000,
        connections: int | str = 1,
        compression: str | None = "none",
        dialect: str | None = "rfc4180",
        delimiter: str | None = None,
        quote: str | None = None,
        null: str | None = None,
        encoding: str | None = None,
        decimal_comma: bool | str | None = None,
        header: bool | str | None = None,
        columns: Sequence[str] | str | None = (),
        order_by: Sequence[str] | str | None = (),
        amounts: Mapping[str, object] | None = None,
        notes: Mapping[str, str] | str | None = None,
        if_empty: str | None = "header",
        on_schema_change: str | None = "warn",
        sse: str | None = None,
        kms_key_id: str | None = None,
        tags: Mapping[str, str] | str | None = None,
        metadata: Mapping[str, str] | str | None = None,
        part_bytes: int | str = PART_BYTES,
        **kwargs: Any,
    ) -> None:
        """Keep the arguments; what is wrong with them is said when the task runs, since templates are rendered then."""
        super().__init__(**kwargs)
        if (sql is None) == (table is None):
            raise ValueError(f"expected either 'sql' or 'table', got sql={sql!r} and table={table!r}")
        self.sql = sql
        self.table = table
        self.s3_bucket = s3_bucket
        self.s3_key = s3_key
        self.sql_conn_id = sql_conn_id
        self.aws_conn_id = aws_conn_id
        self.measure_only = measure_only
        self.max_rows_per_file = max_rows_per_file
        self.connections = connections
        self.compression = compression
        self.dialect = dialect
        self.delimiter = delimiter
        self.quote = quote
        self.null = null
        self.encoding = encoding
        self.decimal_comma = decimal_comma
        self.header = header
        self.columns = columns
        self.order_by = order_by
        self.amounts = amounts
        self.notes = notes
        self.if_empty = if_empty
        self.on_schema_change = on_schema_change
        self.sse = sse
        self.kms_key_id = kms_key_id
        self.tags = tags
        self.metadata = metadata
        self.part_bytes = part_bytes
        refuse_file_names({name: getattr(self, name) for name in self.template_fields if name != "sql"})
        self.objects_url: str | None = None
        self._stops: list[Callable[[], None]] = []
        self._work: Interruptible | None = None

    def execute(self, context: Context) -> Summary:
        """Run the export.

        :return: what was written: rows, files, bytes, seconds, sums and the keys
        """
        # On the thread that stays: Arrow 25 crashes if a thread that ends has loaded it first (apache/arrow#50471).
        import_module("postgres_to_s3.export")
        started = time.monotonic()
        run = self._run_of(context)
        with retry_or_fail(f"task {self.task_id!r}"):
            request = self._checked_request()
            self._work = Interruptible(self._cancel)
            exported = self._work.run(lambda: self._export(request, run, context))
        seconds = time.monotonic() - started
        dry_run = request.measure_only
        summary = export_summary(
            exported.manifest,
            request.keys,
            dry_run=dry_run,
            seconds=seconds,
            url=self.objects_url,
            previous_rows=exported.previous_rows,
        )
        if dry_run:
            # Nothing was written: whoever waits for the asset is not told that it is new.
            self.outlets = []
        for outlet in self.outlets:
            context["outlet_events"][outlet].extra = summary
        return summary

    def measure(self, session: Session, context: Context) -> Summary:
        """What the export would write of rows that a transaction of the caller's has not committed yet.

        :param session: in that transaction
        :param context: that of the task which asks; the templates of this one are rendered
        :raises TransientError, PermanentError: the export could not be made
        """
        # Not at the top: reading a DAG file would load pyarrow, which takes 60 MB.
        from postgres_to_s3.export import measure_export

        started = time.monotonic()
        run = self._run_of(context)
        request = self._checked_request()
        source = Source(table=self.table, sql=self.sql)
        publication = DryRun(self.s3_bucket, request.keys)
        provenance = partial(self.provenance, context)
        manifest = measure_export(session, publication, source, request, run, provenance)
        seconds = time.monotonic() - started
        return export_summary(manifest, request.keys, dry_run=True, seconds=seconds, url=None)

    def provenance(self, context: Context, session: Session) -> Mapping[str, JsonValue]:  # noqa: ARG002
        """Say where the rows come from, for the manifest.

        A subclass may look it up in the export's own snapshot, and raise where these rows must not be exported.

        :param session: in the snapshot of the export
        """
        return {}

    def on_kill(self) -> None:
        """Cancel the query in the warehouse and stop the uploads, unless files already become visible."""
        if self._work:
            self._work.cancel()

    def _cancel(self) -> None:
        for stop in self._stops:
            stop()

    def _run_of(self, context: Context) -> Run:
        logical_date = context.get("logical_date")
        shown = logical_date.isoformat() if logical_date else None
        return Run(self.dag_id, context["run_id"], self.task_id, context["ti"].try_number, shown)

    def _checked_request(self) -> ExportRequest:
        try:
            return ExportRequest.model_validate({name: getattr(self, name) for name in ExportRequest.model_fields})
        except ValidationError as error:
            raise PermanentError("; ".join(map(str, problems_of(error)))) from None

    def _export(self, request: ExportRequest, run: Run, context: Context) -> Exported:
        from postgres_to_s3.export import run_export

        source = Source(table=self.table, sql=self.sql)
        publication = self._publication(request, run)
        return run_export(self._connect, publication, source, request, run, partial(self.provenance, context))

    def _connect(self) -> Session:
        from airflow.providers.postgres.hooks.postgres import PostgresHook

        # Airflow's type of a connection does not know that it can be cancelled.
        connection: Any = PostgresHook(self.sql_conn_id).get_conn()
        session = Session(connection)
        self._stops.append(session.cancel)
        return session

    def _publication(self, request: ExportRequest, run: Run) -> Publication:
        if request.measure_only:
            self.log.info("Dry run: nothing is written to S3")
            return DryRun(self.s3_bucket, request.keys)
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        client: S3Client = S3Hook(self.aws_conn_id).get_conn()
        self.objects_url = objects_url(client, self.s3_bucket, request.keys.folder)
        objects = request.objects
        objects = replace(objects, metadata={**objects.metadata, **run.metadata()})
        # One connection sends about as fast as two threads upload.
        threads = request.connections + 1
        publication = BucketPublication(client, self.s3_bucket, request.keys, objects, threads)
        self._stops.append(publication.stop)
        return publication
