"""The operator that exports a table or a query to S3 as CSV files of an exact number of rows."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk import BaseOperator

from billing_aggregator.errors import PermanentError
from billing_aggregator.export import ExportOptions, Source, run_export
from billing_aggregator.export_keys import ExportKeys
from billing_aggregator.manifest import Manifest, Run
from billing_aggregator.publication import PART_BYTES, DryRun, Publication
from billing_aggregator.task_verdict import task_verdict

psycopg2: Any
try:
    import psycopg2
except ImportError:  # newer images may bring psycopg 3 alone
    psycopg2 = None

if TYPE_CHECKING:
    from airflow.sdk import Context


class ChunkedSqlToS3Operator(BaseOperator):
    """Exports rows to S3: all files or none, each with a header, with a manifest written last.

    Memory does not grow with the table and no temporary file is written. A failed export leaves the objects of the
    last good one untouched; a repeated export of the same rows writes the same files.

    :param sql: the query to export, one statement (templated); or
    :param table: the table to export, ``schema.name`` (templated)
    :param s3_bucket: the bucket (templated)
    :param s3_key: the key of each file, ``{chunk}`` for its number: ``x/results_{chunk:04d}.csv`` (templated)
    :param sql_conn_id: the PostgreSQL connection (templated)
    :param aws_conn_id: the AWS connection (templated)
    :param max_rows_per_file: data rows in each file but the last (templated)
    :param measure_only: run the export but write nothing to S3, for dry runs (templated)
    :param part_bytes: size of the parts a file is uploaded in, at least 5 MiB
    """

    template_fields: Sequence[str] = (
        "sql",
        "table",
        "s3_bucket",
        "s3_key",
        "sql_conn_id",
        "aws_conn_id",
        "max_rows_per_file",
        "measure_only",
    )
    template_ext: Sequence[str] = (".sql",)
    template_fields_renderers: ClassVar[dict[str, str]] = {"sql": "postgresql"}
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
        max_rows_per_file: int | str = 1_000_000,
        measure_only: bool | str = False,
        part_bytes: int = PART_BYTES,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if (sql is None) == (table is None):
            raise ValueError(f"expected either 'sql' or 'table', got sql={sql!r} and table={table!r}")
        self.sql = sql
        self.table = table
        self.s3_bucket = s3_bucket
        self.s3_key = s3_key
        self.sql_conn_id = sql_conn_id
        self.aws_conn_id = aws_conn_id
        self.max_rows_per_file = max_rows_per_file
        self.measure_only = measure_only
        self.part_bytes = part_bytes
        self._connection: Any = None

    def execute(self, context: Context) -> dict[str, Any]:
        """Run the export.

        :return: what was written: rows, files, bytes, seconds, sums and the keys
        """
        started = time.monotonic()
        run = Run(self.dag_id, context["run_id"], self.task_id, context["ti"].try_number)
        with task_verdict(f"export of {self.table or 'a query'} to s3://{self.s3_bucket}/{self.s3_key}"):
            self._check_arguments()
            keys = ExportKeys(self.s3_key)
            manifest = self._export(keys, run)
        summary = self._summary(keys, manifest, time.monotonic() - started)
        for outlet in self.outlets:
            context["outlet_events"][outlet].extra = summary
        return summary

    def on_kill(self) -> None:
        """Cancel the query in the warehouse."""
        if self._connection is not None and not self._connection.closed:
            self._connection.cancel()

    def _check_arguments(self) -> None:
        problems = []
        if not re.fullmatch("0*[1-9][0-9]*", str(self.max_rows_per_file)):
            problems.append(
                f"'max_rows_per_file' must be a whole number of at least 1, found {self.max_rows_per_file!r}"
            )
        if str(self.measure_only).lower() not in ("true", "false"):
            problems.append(f"'measure_only' must be true or false, found {self.measure_only!r}")
        if problems:
            raise PermanentError("; ".join(problems))

    def _export(self, keys: ExportKeys, run: Run) -> Manifest:
        source = Source(table=self.table, sql=self.sql)
        options = ExportOptions(max_rows_per_file=int(self.max_rows_per_file), part_bytes=self.part_bytes)
        with closing(self._connect()) as connection:
            return run_export(connection, self._publication(keys), source, options, run)

    def _connect(self) -> Any:
        """A connection of the driver that streams fastest: psycopg 2 where it is installed.

        The hook makes the first connection, since it knows about tokens and extras; psycopg 2 repeats it because its
        COPY costs the client less than half of psycopg 3's per row.
        """
        connection: Any = PostgresHook(self.sql_conn_id).get_conn()
        if psycopg2 and not isinstance(connection, psycopg2.extensions.connection):
            with closing(connection):
                connection = psycopg2.connect(connection.info.dsn, password=connection.info.password)
        self._connection = connection
        return connection

    def _publication(self, keys: ExportKeys) -> Publication | DryRun:
        if self._is_measure_only():
            self.log.info("Dry run: nothing is written to S3")
            return DryRun(self.s3_bucket, keys)
        return Publication(S3Hook(self.aws_conn_id).get_conn(), self.s3_bucket, keys)

    def _is_measure_only(self) -> bool:
        return str(self.measure_only).lower() == "true"

    def _summary(self, keys: ExportKeys, manifest: Manifest, seconds: float) -> dict[str, Any]:
        size = sum(file.bytes for file in manifest.files)
        self.log.info(
            "Exported %s rows in %s files, %.1f MB in %.1f s (%.0f rows/s); manifest s3://%s/%s",
            manifest.totals.rows,
            len(manifest.files),
            size / 1e6,
            seconds,
            manifest.totals.rows / max(seconds, 1e-3),
            self.s3_bucket,
            keys.manifest,
        )
        return {
            "dry_run": self._is_measure_only(),
            "bucket": self.s3_bucket,
            "rows": manifest.totals.rows,
            "files": len(manifest.files),
            "bytes": size,
            "seconds": round(seconds, 3),
            "sums": dict(manifest.totals.sums),
            "keys": [file.key for file in manifest.files],
            "manifest": keys.manifest,
        }
