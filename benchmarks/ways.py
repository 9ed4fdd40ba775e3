"""The ways to export a table that are compared; each prepares itself first, then runs once.

The environment says where things are: libpq's PG* variables, BENCH_S3_URL, BENCH_PSQL and AWS_* of the S3 server.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import botocore.config

BUCKET = "bench"
# Runs once.
Run = Callable[[], object]


@dataclass(frozen=True)
class Task:
    """What a run exports: a table, in files of so many rows where the way cuts files."""

    table: str
    rows_per_file: int


@dataclass(frozen=True)
class Way:
    """One way to export.

    :param name: of the row in the results
    :param prepare: given the way and its task, imports what is needed and returns what is measured
    :param rounds: how often it is run at most
    :param is_external: the work is done by other programs than Python
    """

    name: str
    prepare: Callable[[Way, Task], Run]
    connections: int = 1
    driver: str = ""
    compression: str = "none"
    rounds: int = 99
    is_external: bool = False
    real_s3: bool = False

    @property
    def label(self) -> str:
        """The way, its connections and its driver."""
        return " ".join(filter(None, (self.name, f"x{self.connections}" if self.driver else "", self.driver)))


def bench_client(url: str | None = None) -> Any:
    """An S3 client for the server of this run."""
    config = botocore.config.Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
    return boto3.client("s3", endpoint_url=url or os.environ["BENCH_S3_URL"], region_name="us-east-1", config=config)


def prepare_ours(way: Way, task: Task) -> Run:
    """This project's export, without Airflow around it."""
    # Not at the top: the other ways would carry these modules in their memory.
    from postgres_to_s3.export import run_export
    from postgres_to_s3.manifest import Run as TaskRun
    from postgres_to_s3.options.export_options import ExportOptions
    from postgres_to_s3.options.keys import ExportKeys
    from postgres_to_s3.plan import Source
    from postgres_to_s3.postgres.session import Session
    from postgres_to_s3.s3.bucket_publication import BucketPublication

    driver = import_module(way.driver)
    options = ExportOptions(
        max_rows_per_file=task.rows_per_file,
        connections=way.connections,
        compression=way.compression,
    )
    keys = ExportKeys("bench/results_{chunk:04d}.csv", gzip=way.compression == "gzip")
    publication = BucketPublication(bench_client(), BUCKET, keys, threads=way.connections + 1)
    run = TaskRun("bench", "bench", "export", 1)

    def connect() -> Session:
        return Session(driver.connect("application_name=bench"))

    return lambda: run_export(connect, publication, Source(table=task.table), options, run)


def prepare_ours_with_zlib(way: Way, task: Task) -> Run:
    """The same where the package isal, which compresses faster, is not installed."""
    sys.modules["isal"] = None  # type: ignore[assignment]
    return prepare_ours(way, task)


def prepare_psql(_way: Way, task: Task) -> Run:
    """The yardstick: a client that does nothing with the rows."""
    return lambda: _run([os.environ["BENCH_PSQL"], "-X", "-q", "-c", _copy(task.table, "'/dev/null'")])


def prepare_shell(_way: Way, task: Task) -> Run:
    """Standard programs; a quoted line break would be counted as a row."""
    upload = f"{shlex.quote(sys.executable)} -m benchmarks.upload"
    psql = shlex.join([os.environ["BENCH_PSQL"], "-X", "-q", "-c", _copy(task.table, "stdout")])
    return lambda: _run(
        ["sh", "-c", f"{psql} | split -l {task.rows_per_file} -d --filter={shlex.quote(upload)} - results_"]
    )


def prepare_duckdb(_way: Way, task: Task) -> Run:
    """DuckDB's PostgreSQL extension; it writes to /dev/null, without any upload."""
    duckdb: Any = import_module("duckdb")
    package = Path(import_module("duckdb_extension_postgres_scanner").__file__ or "").parent
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.execute(f"load '{next(package.rglob('*.duckdb_extension'))}'")
    connection.execute("attach '' as warehouse (type postgres, read_only)")

    def export() -> None:
        connection.execute(f"copy (select * from warehouse.{task.table}) to '/dev/null' (format csv, header)")

    return export


def prepare_stock(_way: Way, task: Task) -> Run:
    """Airflow's own operator, in files of as many rows as ours."""
    from airflow.providers.amazon.aws.transfers.sql_to_s3 import SqlToS3Operator

    import_module("pandas")
    operator = SqlToS3Operator(
        task_id="export",
        query=f"select * from {task.table}",
        s3_bucket=BUCKET,
        s3_key="stock/results.csv",
        sql_conn_id="bench_warehouse",
        aws_conn_id="bench_s3",
        max_rows_per_file=task.rows_per_file,
        pd_kwargs={"index": False},
        replace=True,
    )
    return lambda: operator.execute({})


def _copy(table: str, target: str) -> str:
    return f"\\copy (select * from {table}) to {target} csv"


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


WAYS = (
    Way("psql", prepare_psql, is_external=True),
    *(
        Way("ours", prepare_ours, connections, driver)
        for connections in (1, 2, 4)
        for driver in ("psycopg2", "psycopg")
    ),
    *(Way("ours gzip", prepare_ours, 1, driver, "gzip") for driver in ("psycopg2", "psycopg")),
    Way("ours gzip zlib", prepare_ours_with_zlib, 1, "psycopg2", "gzip"),
    Way("ours to a real S3 server", prepare_ours, 1, "psycopg", rounds=3, real_s3=True),
    Way("shell", prepare_shell, is_external=True),
    Way("duckdb", prepare_duckdb),
    Way("stock", prepare_stock),
)
