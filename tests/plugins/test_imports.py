"""Imports keep to the layers of docs/architecture.md, and to what no import graph can say of the DAG files."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.repository import REPO

MODULES = sorted((REPO / "plugins").rglob("*.py"))
DAG_FILES = sorted((REPO / "dags").glob("*.py"))
METADATA_DATABASE = ("airflow.models", "airflow.settings", "airflow.utils.session", "airflow.utils.db")


def imported_names(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


# What makes DAGs of them, and what is done from the command line.
READ_SETTINGS = ("definitions/", "settings/", "health/command_line.py", "health/target.py")
MAY_READ = tuple(f"billing_aggregator/{place}" for place in READ_SETTINGS)


def test_no_import_goes_against_the_layers() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]

    done = subprocess.run(
        command, cwd=REPO, env={"PYTHONPATH": "plugins"}, capture_output=True, text=True, check=False, timeout=60
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


@pytest.mark.parametrize("module", MODULES, ids=lambda m: str(m.relative_to(REPO / "plugins")))
def test_only_what_defines_dags_and_the_health_check_read_settings(module: Path) -> None:
    may_read = str(module.relative_to(REPO / "plugins")).startswith(MAY_READ)

    assert may_read or not [name for name in imported_names(module) if ".settings.settings" in name]


@pytest.mark.parametrize("file", DAG_FILES, ids=lambda f: f.stem)
def test_a_dag_file_imports_no_other_dag_file(file: Path) -> None:
    names = {dag.stem for dag in DAG_FILES}

    assert not names & {name.split(".")[0] for name in imported_names(file)}


@pytest.mark.parametrize("file", [*MODULES, *DAG_FILES], ids=lambda f: str(f.relative_to(REPO)))
def test_nothing_reaches_for_the_metadata_database(file: Path) -> None:
    assert not [name for name in imported_names(file) if name.startswith(METADATA_DATABASE)]
