"""`airflow`: any Airflow command runs in the environment of the project."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest

from local.servers.announcement import find_announced
from local.servers.stack import Stack
from tests.support.checkout import Checkout
from tests.support.program import Start


def test_an_airflow_command_sees_the_dags_of_the_project(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    listed = checkout.run("airflow", "--", "dags", "list", "--output", "plain")

    assert listed.returncode == 0, listed.stderr
    assert "billing_data_aggregator" in listed.stdout
    assert "billing_data_health_check" in listed.stdout


def test_the_exit_code_of_the_airflow_command_is_ours(loaded_checkout: Checkout) -> None:
    failed = loaded_checkout.run("airflow", "--", "dags", "details", "no_such_dag")

    assert failed.returncode == 1
    assert "no_such_dag" in failed.stdout + failed.stderr


@pytest.fixture
def served(loaded_checkout: Checkout, start: Start) -> Iterator[Stack]:
    """The stack of the checkout, run by another command, with a result that is worth keeping."""
    program = start("serve", "--state-dir", loaded_checkout.state_dir)
    program.wait_until("Running")
    stack = find_announced(loaded_checkout.state_dir)
    assert stack
    execute(stack, "create table report_oibl.history as select 'Müller' as name")
    yield stack
    execute(stack, "drop table report_oibl.history")


def execute(stack: Stack, statement: str) -> list[tuple[object, ...]]:
    with closing(psycopg2.connect(stack.admin_dsn())) as connection, connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def test_a_command_beside_a_running_one_uses_what_is_loaded(checkout: Checkout, served: Stack) -> None:
    version = checkout.run("airflow", "--", "version")

    assert version.returncode == 0, version.stderr
    assert "scale 0.05 is loaded and used as it is" in version.stderr
    assert execute(served, "select name from report_oibl.history") == [("Müller",)]


@pytest.mark.parametrize("words", [("airflow", "--scale", "0.02", "--", "version"), ("run", "--scale", "0.02")])
def test_a_command_beside_a_running_one_loads_no_other_sample(
    checkout: Checkout, served: Stack, words: tuple[str, ...]
) -> None:
    refused = checkout.run(*words)

    assert refused.returncode == 2
    assert "Scale 0.02 was asked for, but the running servers hold the sample at scale 0.05." in refused.stderr
    assert execute(served, "select name from report_oibl.history") == [("Müller",)]
