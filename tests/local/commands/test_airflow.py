"""`airflow`: any Airflow command runs in the environment of the project."""

from __future__ import annotations

import subprocess

from tests.support.checkout import Checkout


def test_an_airflow_command_sees_the_dags_of_the_project(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    listed = checkout.run("airflow", "--scale", "0.05", "--", "dags", "list", "--output", "plain")

    assert listed.returncode == 0, listed.stderr
    assert "billing_data_aggregator" in listed.stdout
    assert "billing_data_health_check" in listed.stdout


def test_the_exit_code_of_the_airflow_command_is_ours(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    failed = checkout.run("airflow", "--scale", "0.05", "--", "dags", "details", "no_such_dag")

    assert failed.returncode == 1
    assert "no_such_dag" in failed.stdout + failed.stderr
