"""Runs the export operator for a test, on the test's own warehouse and bucket."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.providers.postgres.hooks import postgres as postgres_hook
from airflow.sdk.execution_time.context import OutletEventAccessors

from billing_aggregator.settings.settings import Settings
from postgres_to_s3.operators.chunked_sql_to_s3 import ChunkedSqlToS3Operator
from postgres_to_s3.s3 import requests as bucket_requests
from tests.support.bucket import Bucket

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

    def arguments(self, **arguments: Any) -> dict[str, Any]:
        """The operator's arguments to export the table `report_oibl.orders`, unless these say otherwise."""
        source = {} if "sql" in arguments else {"table": "report_oibl.orders"}
        defaults = {
            "task_id": "export",
            "s3_bucket": self.bucket.name,
            "s3_key": KEY,
            "sql_conn_id": self.sql_conn_id,
            "aws_conn_id": self.aws_conn_id,
        }
        return defaults | source | arguments

    def operator(self, **arguments: Any) -> ChunkedSqlToS3Operator:
        """The operator with these arguments, and the default ones."""
        return ChunkedSqlToS3Operator(**self.arguments(**arguments))

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
        "params": {"systems": ["alpha"], "business_date": "2026-11-22"},
        "dag_run": SimpleNamespace(logical_date=None),
        "ti": SimpleNamespace(dag_id="billing_data_aggregator", try_number=attempt),
        "outlet_events": OutletEventAccessors(),
    }


def export_runner(
    monkeypatch: pytest.MonkeyPatch,
    bucket: Bucket,
    environment: Mapping[str, str],
    *,
    s3_attempts: int = 3,
    **s3_config: Any,
) -> ExportRunner:
    """A runner whose connections are those the pipeline makes of these `BDA_*` variables.

    :param s3_attempts: how often the S3 client tries a request, so that a test of a failure ends soon
    :param s3_config: more of the S3 client's settings, such as ``read_timeout``
    """
    monkeypatch.setattr(bucket_requests, "PAUSES", (0.01, 0.01))
    required = {"BDA_CLIENT_ID": "enercity", "BDA_ENVIRONMENT": "local"}
    settings = Settings.from_environment(required | environment)
    for name, value in settings.connection_variables().items():
        connection = json.loads(value)
        if connection["conn_type"] == "aws":
            retries = {"total_max_attempts": s3_attempts, "mode": "standard"}
            connection["extra"]["config_kwargs"] |= {"retries": retries, **s3_config}
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


def memory(figure: str) -> float:
    """A figure of this process's memory in MiB, ``VmRSS`` (now) or ``VmHWM`` (at most, since the program began)."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    # What getrusage() calls the maximum is inherited from the parent process.
    return int(next(line.split()[1] for line in lines if line.startswith(f"{figure}:"))) / 1024


def main() -> None:
    """Export with the operator arguments given as JSON; print rows and this process's memory before and at most."""
    operator = ChunkedSqlToS3Operator(**json.loads(sys.argv[1]))
    # What the operator loads when it runs.
    import_module("pyarrow.csv")
    import_module("pyarrow.compute")
    idle = memory("VmRSS")
    summary = operator.execute(task_context())
    json.dump({"rows": summary["rows"], "idle": idle, "peak": memory("VmHWM")}, sys.stdout)


if __name__ == "__main__":
    main()
