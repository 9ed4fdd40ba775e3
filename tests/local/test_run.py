"""`make run`, as a newcomer sees it: in a checkout of its own, from nothing to files that can be opened."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.repository import REPO
from tests.support.scratch import scratch_directory

pytestmark = pytest.mark.postgres

RESULTS = "exports/billing-exports/enercity/local/bookkeeper_bookkeeper_results_0000.csv"


@dataclass(frozen=True)
class Checkout:
    """A copy of the project's files."""

    root: Path

    def run(self, module: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of `local/` as the Makefile does, with these variables set by the caller."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        environment = {**inherited, "PYTHONPATH": "plugins", **variables}
        command = [sys.executable, "-m", module, *arguments]
        return subprocess.run(
            command, cwd=self.root, env=environment, text=True, capture_output=True, check=False, timeout=200
        )


@pytest.fixture(scope="module")
def checkout() -> Iterator[Checkout]:
    root = scratch_directory("billing-checkout-")
    for folder in ("dags", "include", "plugins", "local"):
        shutil.copytree(REPO / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    yield Checkout(root)
    shutil.rmtree(root)


@pytest.fixture(scope="module")
def first_run(checkout: Checkout) -> subprocess.CompletedProcess[str]:
    return checkout.run("local.run", SCALE="0.05", SYSTEMS="bookkeeper")


def test_a_run_ends_in_a_summary_of_what_was_exported(first_run: subprocess.CompletedProcess[str]) -> None:
    assert first_run.returncode == 0, first_run.stdout + first_run.stderr
    assert "The run succeeded" in first_run.stdout
    assert "s3://billing-exports/enercity/local/bookkeeper_bookkeeper_results_0000.csv" in first_run.stdout


def test_the_exported_files_are_there_to_be_opened(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    with (checkout.root / RESULTS).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert len(rows) > 1000
    assert {row["newbs"] for row in rows} == {"40", "50"}


def test_the_log_of_a_run_holds_no_password(checkout: Checkout, first_run: subprocess.CompletedProcess[str]) -> None:
    secrets = (checkout.root / ".local" / "credentials.json").read_text()
    values = [line.split('"')[3] for line in secrets.splitlines() if line.count('"') == 4]
    written = first_run.stdout + (checkout.root / ".local" / "logs" / "run.log").read_text()

    assert len(values) == 4
    assert not [value for value in values if value in written]


def test_an_unknown_system_is_one_clear_error_and_changes_nothing(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    before = (checkout.root / RESULTS).read_bytes()

    refused = checkout.run("local.run", SYSTEMS="nope")

    assert refused.returncode == 2
    assert "'systems' names 'nope'" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (checkout.root / RESULTS).read_bytes() == before


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("BDA_CLIENT_ID", "", "BDA_CLIENT_ID is required"),
        ("BDA_SCRIPTS_DIR", "/nowhere", "BDA_SCRIPTS_DIR '/nowhere' does not exist"),
    ],
)
def test_wrong_settings_are_refused_before_anything_runs(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str], variable: str, value: str, message: str
) -> None:
    refused = checkout.run("local.run", **{variable: value})

    assert refused.returncode == 2
    assert message in refused.stderr


def test_a_failed_run_shows_the_task_its_error_and_its_script(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    script = checkout.root / "include/sql/init/bookkeeper/950_wrong.sql"
    script.write_text("-- a mistake\nselect amount\nfrom nowhere;\n")

    failed = checkout.run("local.run", SCALE="0.05", SYSTEMS="bookkeeper")

    script.unlink()
    assert failed.returncode == 1
    for text in (
        "FAILED bookkeeper.init.950_wrong",
        'relation "nowhere" does not exist',
        "init/bookkeeper/950_wrong.sql",
    ):
        assert text in failed.stdout


def test_any_airflow_command_runs_in_the_environment_of_the_project(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    listed = checkout.run("local.airflow_command", "dags", "list", "--output", "plain", SCALE="0.05")

    assert listed.returncode == 0, listed.stderr
    assert "billing_data_aggregator" in listed.stdout
    assert "billing_data_health_check" in listed.stdout
