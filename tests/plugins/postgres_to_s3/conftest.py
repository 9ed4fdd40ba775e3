"""Fixtures of the export's tests: a warehouse and a bucket to export from and to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from importlib import import_module
from typing import Any, ClassVar

import psycopg
import psycopg2
import pytest
from airflow.providers.amazon.aws.hooks import s3
from airflow.providers.amazon.aws.hooks.s3 import S3Hook

from local.servers.stack import Stack
from postgres_to_s3.postgres import table
from postgres_to_s3.postgres.session import Session
from tests.support.bucket import Bucket
from tests.support.export_runner import ExportRunner, export_runner
from tests.support.hostile_role import ROLE, settings_of_role
from tests.support.s3_proxy import S3Proxy, s3_proxy
from tests.support.task_process import TaskProcesses, task_processes
from tests.support.victim_postgres import VictimPostgres, victim_postgres
from tests.support.warehouse import Warehouse, temporary_warehouse

# On the thread that stays: tests export in threads of their own, too, and Arrow 25 crashes if a thread that ends has
# loaded it first (apache/arrow#50471).
import_module("postgres_to_s3.export")

EMPTY_SCHEMA = "drop schema report_oibl cascade; create schema report_oibl authorization billing_aggregator"


@pytest.fixture(scope="session")
def shared_export_warehouse(stack: Stack, empty_template: str) -> Iterator[Warehouse]:
    """One database for all exports: a new one for each test would take longer than the test."""
    with temporary_warehouse(stack, "exports", empty_template) as warehouse:
        yield warehouse


@pytest.fixture
def export_warehouse(shared_export_warehouse: Warehouse) -> Warehouse:
    """A database without any result."""
    shared_export_warehouse.execute(EMPTY_SCHEMA)
    return shared_export_warehouse


@pytest.fixture
def hostile_role(export_warehouse: Warehouse) -> Iterator[str]:
    """Statements that give the pipeline's role settings that no export may depend on; they are undone afterwards."""
    yield settings_of_role(export_warehouse.name)
    export_warehouse.execute(f"alter role {ROLE} in database {export_warehouse.name} reset all")


@pytest.fixture(params=[psycopg2, psycopg], ids=["psycopg2", "psycopg"])
def connect(request: pytest.FixtureRequest, export_warehouse: Warehouse) -> Callable[[], Session]:
    """Opens sessions of the pipeline's role, with either driver, in an empty warehouse."""
    return lambda: Session(request.param.connect(export_warehouse.dsn))


@pytest.fixture
def sessions(connect: Callable[[], Session]) -> Iterator[list[Session]]:
    """Two sessions of the same driver in an empty warehouse."""
    with closing(connect()) as first, closing(connect()) as second:
        for each in (first, second):
            each.prepare()
        yield [first, second]


@pytest.fixture
def session(sessions: list[Session]) -> Session:
    """A session of either driver in an empty warehouse."""
    return sessions[0]


@pytest.fixture
def small_tables_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of a few rows is copied over several connections, too."""
    monkeypatch.setattr(table, "MIN_ROWS", 1)


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch, export_warehouse: Warehouse, bucket: Bucket) -> ExportRunner:
    """Exports from an empty warehouse to an empty bucket."""
    return export_runner(monkeypatch, bucket, export_warehouse.environment | bucket.environment)


@pytest.fixture(scope="session")
def tasks() -> Iterator[TaskProcesses]:
    """Runs operators in processes of their own."""
    with task_processes() as processes:
        yield processes


@pytest.fixture(scope="session")
def shared_proxy(stack: Stack) -> Iterator[S3Proxy]:
    """One proxy in front of the S3 server for all tests."""
    with s3_proxy(stack.s3_url) as running:
        yield running


@pytest.fixture
def proxy(shared_proxy: S3Proxy) -> Iterator[S3Proxy]:
    """A proxy in front of the S3 server, at first without faults; what a test does before a request must succeed."""
    shared_proxy.errors.clear()
    yield shared_proxy
    shared_proxy.reset()
    assert shared_proxy.errors == []


@pytest.fixture
def kept_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports over the same connection share one S3 client."""
    monkeypatch.setattr(s3, "S3Hook", KeptS3Hook)


@pytest.fixture
def proxied_with(
    monkeypatch: pytest.MonkeyPatch,
    export_warehouse: Warehouse,
    versioned_bucket: Bucket,
    proxy: S3Proxy,
    kept_client: None,
) -> Callable[..., ExportRunner]:
    """Makes exports through the proxy to a bucket with versioning, given options of the S3 client."""
    environment = export_warehouse.environment | versioned_bucket.environment | {"BDA_S3_URL": proxy.url}
    return partial(export_runner, monkeypatch, versioned_bucket, environment)


@pytest.fixture
def proxied(proxied_with: Callable[..., ExportRunner]) -> ExportRunner:
    """Exports through the proxy to a bucket with versioning; the client tries each request once."""
    return proxied_with(s3_attempts=1)


@pytest.fixture
def victim(stack: Stack) -> Iterator[VictimPostgres]:
    """A PostgreSQL server that a test may kill."""
    with victim_postgres(stack) as server:
        yield server


class KeptS3Hook:
    """Airflow's hook, with one client for the same connection: a new one takes longer than a small export."""

    clients: ClassVar[dict[str, Any]] = {}

    def __init__(self, conn_id: str) -> None:
        self.conn_id = conn_id

    def get_conn(self) -> Any:
        """The S3 client."""
        connection = os.environ[f"AIRFLOW_CONN_{self.conn_id.upper()}"]
        if connection not in self.clients:
            self.clients[connection] = S3Hook(self.conn_id).get_conn()
        return self.clients[connection]
