"""Fixtures for tests of the command line: a checkout that has run the pipeline once, and what starts programs."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.support.checkout import Checkout, temporary_checkout
from tests.support.program import Start, started_programs

CALLERS_SECRET = "secret-key-of-caller"


@pytest.fixture(scope="session")
def checkout() -> Iterator[Checkout]:
    """A copy of the project in which nothing has been run."""
    with temporary_checkout() as temporary:
        yield temporary


@pytest.fixture(scope="session")
def loaded_checkout(checkout: Checkout) -> Checkout:
    """The same copy, with a small sample and Airflow's metadata database loaded."""
    prepared = checkout.run("airflow", "--scale", "0.05", "--", "version")
    assert prepared.returncode == 0, prepared.stderr
    return checkout


@pytest.fixture(scope="session")
def first_run(checkout: Checkout) -> subprocess.CompletedProcess[str]:
    """The first run of that copy: one system on a small sample, for a caller with an account of AWS."""
    words = ("run", "--scale", "0.05", "--systems", "bookkeeper")
    return checkout.run(*words, AWS_ACCESS_KEY_ID="AKIA-OF-CALLER", AWS_SECRET_ACCESS_KEY=CALLERS_SECRET)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts programs, and ends what the test has left running."""
    with started_programs() as start_program:
        yield start_program
