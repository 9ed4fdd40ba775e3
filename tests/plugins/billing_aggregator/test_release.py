"""DAG files, packages and Airflow that do not belong together end in one sentence that says what to do."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from billing_aggregator import __version__
from billing_aggregator.errors import ReleaseError
from billing_aggregator.release import check_release
from tests.support.repository import REPO

DAG_FILES = sorted((REPO / "dags").glob("*.py"))


def test_dag_files_packages_and_project_are_of_one_release() -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["project"]

    assert __version__ == project["version"]
    assert DAG_FILES
    assert [file.name for file in DAG_FILES if f'RELEASE = "{__version__}"\n' not in file.read_text("utf-8")] == []


def test_this_checkout_belongs_together() -> None:
    check_release(__version__)


def test_everything_that_does_not_belong_together_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError) as caught:
        check_release("9.9.9", airflow="3.1.8", plugins=tmp_path)

    message = str(caught.value)
    assert "3 problems in the deployment" in message
    assert "expected Airflow 3.2 or later, found 3.1.8" in message
    assert f"the DAG files are of release 9.9.9, the packages of {__version__}: upload plugins.zip" in message
    assert f"'{tmp_path / '.airflowignore'}' does not name billing_aggregator and postgres_to_s3" in message


@pytest.mark.parametrize("airflow", ["3.2.1", "3.3.1", "3.4.0b2", "4.0.0"])
def test_later_versions_of_airflow_are_fit(airflow: str) -> None:
    check_release(__version__, airflow=airflow)


def test_an_airflowignore_that_another_team_wrote_must_name_both_packages(tmp_path: Path) -> None:
    (tmp_path / ".airflowignore").write_text("# ours\ntheirs/\nbilling_aggregator\n")

    with pytest.raises(ReleaseError, match="does not name postgres_to_s3: Airflow would load"):
        check_release(__version__, plugins=tmp_path)


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda file: file.stem)
def test_without_the_packages_a_dag_file_says_what_to_upload(file: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    done = subprocess.run(
        [sys.executable, "-I", str(file)], env=environment, capture_output=True, text=True, check=False, timeout=60
    )

    last_line = done.stderr.strip().splitlines()[-1]
    assert last_line.startswith("ImportError: the packages of release")
    assert "No module named 'billing_aggregator'" in last_line
    assert "on MWAA upload plugins.zip and update the environment" in last_line
