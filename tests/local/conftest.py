"""Fixtures for tests that start stacks of their own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg2
import pytest

from local.servers.start import running_stack
from tests.support.scratch import scratch_directory


@pytest.fixture
def state_dir() -> Iterator[Path]:
    """A place for a state directory, reachable by the servers' account."""
    with _reachable_directory() as directory:
        yield directory / "state"


@pytest.fixture(scope="session")
def kept_state() -> Iterator[Path]:
    """The state directory of a stack that was filled with a row and an object and then stopped."""
    with _reachable_directory() as directory:
        with running_stack(directory / "state") as stack:
            with closing(psycopg2.connect(stack.admin_dsn())) as connection, connection:
                connection.cursor().execute("create table kept as select 'Müller' as name")
            stack.s3_client().put_object(Bucket="billing-exports", Key="kept.csv", Body=b"name\n")
        yield directory / "state"


@contextmanager
def _reachable_directory() -> Iterator[Path]:
    directory = scratch_directory("billing-state-")
    yield directory
    shutil.rmtree(directory)
