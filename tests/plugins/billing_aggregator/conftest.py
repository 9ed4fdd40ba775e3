"""Fixtures of the export's tests: a warehouse and a bucket to export from and to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.stack import Stack
from tests.bucket import Bucket
from tests.export_runner import ExportRunner, export_runner
from tests.warehouse import Warehouse, temporary_warehouse

EMPTY_SCHEMA = "drop schema report_oibl cascade; create schema report_oibl authorization billing_aggregator"


@pytest.fixture(scope="session")
def shared_warehouse(stack: Stack, empty_template: str) -> Iterator[Warehouse]:
    """One database for all exports: a new one for each test would take longer than the test."""
    with temporary_warehouse(stack, "exports", empty_template) as warehouse:
        yield warehouse


@pytest.fixture
def export_warehouse(shared_warehouse: Warehouse) -> Warehouse:
    """A database without any result."""
    shared_warehouse.execute(EMPTY_SCHEMA)
    return shared_warehouse


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch, export_warehouse: Warehouse, bucket: Bucket) -> ExportRunner:
    """Exports from an empty warehouse to an empty bucket."""
    return export_runner(monkeypatch, bucket, export_warehouse.environment | bucket.environment)
