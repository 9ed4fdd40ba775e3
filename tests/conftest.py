"""Shared fixtures: one embedded stack for the session, a fresh database and a fresh bucket for each test."""

from __future__ import annotations

import itertools
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

# First of all: it decides where Airflow finds its configuration.
from tests.support.airflow_home import airflow_home as airflow_home  # isort: skip

from local.sample.loader import load_schema, load_seed
from local.servers.binaries import BINDIR_VARIABLE
from local.servers.postgres.profiles import PROFILE_VARIABLE
from local.servers.stack import Stack
from local.servers.start import running_stack
from tests.support.bucket import Bucket, temporary_bucket
from tests.support.scratch import scratch_directory
from tests.support.warehouse import Warehouse, create_warehouse, temporary_warehouse

SAMPLE_SCALE = 0.02
# No float holds all digits of this amount. Only tests have it: people look at the totals of the sample.
PRECISE_PAYMENT = """
update paymentallocation_vault.payments set amount = 12345678901234567.89
where amount = (select max(amount) from paymentallocation_vault.payments)
"""
CLEARED_PREFIXES = ("BDA_", "AIRFLOW_CONN_", "AWS_", "PG")
TESTS = Path(__file__).parent
FOLDERS_WITH_SERVERS = ("benchmarks", "features", "local")
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that start servers: those of the session's stack, and folders with servers of their own."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if "stack" in getattr(item, "fixturenames", ()) or folder in FOLDERS_WITH_SERVERS:
            item.add_marker("servers")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings, connections or credentials of whoever runs it."""
    for name in sorted(os.environ):
        # These name the PostgreSQL to test with; they are no settings of the pipeline.
        if name.startswith(CLEARED_PREFIXES) and name not in (BINDIR_VARIABLE, PROFILE_VARIABLE):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A running PostgreSQL and S3 server, empty at the start of the session and removed at its end."""
    with running_stack(scratch_directory("billing-stack-"), ephemeral=True) as started:
        # pytest takes a SystemExit for one failed test and would go on with the next.
        signal.signal(signal.SIGTERM, _end_session)
        yield started


@pytest.fixture(scope="session")
def empty_template(stack: Stack) -> str:
    """The name of a database with all source schemas and no rows, to be copied."""
    template = create_warehouse(stack, "empty_template")
    load_schema(template.admin_dsn)
    return template.name


@pytest.fixture(scope="session")
def sample_template(stack: Stack, empty_template: str) -> str:
    """The name of a database with a small sample of every source table and a very large payment, to be copied."""
    template = create_warehouse(stack, "sample_template", empty_template)
    load_seed(template.admin_dsn, SAMPLE_SCALE)
    template.execute(PRECISE_PAYMENT)
    return template.name


@pytest.fixture
def empty_warehouse(stack: Stack, empty_template: str) -> Iterator[Warehouse]:
    """A database with all source schemas and no rows."""
    with temporary_warehouse(stack, f"empty_{next(_numbers)}", empty_template) as warehouse:
        yield warehouse


@pytest.fixture
def sample_warehouse(stack: Stack, sample_template: str) -> Iterator[Warehouse]:
    """A database with a small sample of every source table."""
    with temporary_warehouse(stack, f"sample_{next(_numbers)}", sample_template) as warehouse:
        yield warehouse


@pytest.fixture
def bucket(stack: Stack) -> Iterator[Bucket]:
    """An empty bucket."""
    with temporary_bucket(stack, f"test-{next(_numbers)}") as temporary:
        yield temporary


@pytest.fixture
def versioned_bucket(stack: Stack) -> Iterator[Bucket]:
    """An empty bucket with versioning, as production buckets should have it."""
    with temporary_bucket(stack, f"test-{next(_numbers)}", has_versions=True) as temporary:
        yield temporary


def _end_session(_number: int, _frame: object) -> None:
    pytest.exit("Ended by SIGTERM.", returncode=128 + signal.SIGTERM)
