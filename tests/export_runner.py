"""Runs the export operator for a test, on the test's own warehouse and bucket."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.postgres.hooks import postgres as postgres_hook
from airflow.sdk.execution_time.context import OutletEventAccessors

from billing_aggregator import bucket_requests
from billing_aggregator.chunked_sql_to_s3 import ChunkedSqlToS3Operator
from billing_aggregator.settings import Settings
from tests.bucket import Bucket

PREFIX = "enercity/local/shop_orders"
KEY = PREFIX + "_{chunk:04d}.csv"
MANIFEST = PREFIX + ".manifest.json"
MIB = 1024 * 1024
PART = 5 * MIB


@dataclass(frozen=True)
class ExportRunner:
    """One export's source and destination, and shortcuts for a test to run it and to look at what it wrote."""

    bucket: Bucket
    sql_conn_id: str
    aws_conn_id: str

    def operator(self, **arguments: Any) -> ChunkedSqlToS3Operator:
        """The operator that exports the table `report_oibl.orders`, unless the arguments say otherwise."""
        source = {} if "sql" in arguments else {"table": "report_oibl.orders"}
        defaults = {
            "task_id": "export",
            "s3_bucket": self.bucket.name,
            "s3_key": KEY,
            "sql_conn_id": self.sql_conn_id,
            "aws_conn_id": self.aws_conn_id,
        }
        return ChunkedSqlToS3Operator(**(defaults | source | arguments))

    def run(self, **arguments: Any) -> dict[str, Any]:
        """Export, and return the operator's summary."""
        return self.operator(**arguments).execute(task_context())

    def objects(self) -> dict[str, bytes]:
        """Every object of the bucket."""
        return {key: self.bucket.read(key) for key in self.bucket.keys()}

    def texts(self) -> list[str]:
        """The text of each CSV file, in the order of their keys."""
        return [self.bucket.read(key).decode() for key in self.bucket.keys() if key.endswith(".csv")]

    def manifest(self) -> dict[str, Any]:
        """The manifest of the export under the default key."""
        return json.loads(self.bucket.read(MANIFEST))


def task_context(run_id: str = "scheduled__2026-11-22", attempt: int = 1) -> Any:
    """What Airflow hands to an operator, as far as the export looks at it."""
    return {
        "run_id": run_id,
        "ti": SimpleNamespace(try_number=attempt),
        "outlet_events": OutletEventAccessors(),
    }


def export_runner(
    monkeypatch: pytest.MonkeyPatch, bucket: Bucket, environment: Mapping[str, str], *, s3_attempts: int = 3
) -> ExportRunner:
    """A runner whose connections are those the pipeline makes of these `BDA_*` variables.

    :param s3_attempts: how often the S3 client tries a request, so that a test of a failure ends soon
    """
    monkeypatch.setattr(bucket_requests, "PAUSES", (0.01, 0.01))
    required = {"BDA_CLIENT_ID": "enercity", "BDA_ENVIRONMENT": "local"}
    settings = Settings.from_environment(required | environment)
    for name, value in settings.connection_variables().items():
        connection = json.loads(value)
        if connection["conn_type"] == "aws":
            retries = {"total_max_attempts": s3_attempts, "mode": "standard"}
            connection["extra"]["config_kwargs"]["retries"] = retries
        monkeypatch.setenv(name, json.dumps(connection))
    return ExportRunner(bucket, settings.warehouse_conn_id, settings.aws_conn_id)


def use_driver(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let Airflow connect to PostgreSQL with the driver ``psycopg2`` or ``psycopg``."""
    monkeypatch.setattr(postgres_hook, "USE_PSYCOPG3", name == "psycopg")


def wait_until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Return as soon as the condition is true; fail when it does not become so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.02)


def main() -> None:
    """Export with the operator arguments given as JSON; print rows and this process's peak memory in MiB."""
    summary = ChunkedSqlToS3Operator(**json.loads(sys.argv[1])).execute(task_context())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    json.dump({"rows": summary["rows"], "peak": peak}, sys.stdout)


if __name__ == "__main__":
    main()
