"""The package folder, copied into another project, works there without anything of this one."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.servers.stack import Stack
from tests.support.bucket import Bucket, temporary_bucket
from tests.support.export_runner import export_runner
from tests.support.repository import REPO
from tests.support.warehouse import Warehouse

PACKAGE = REPO / "plugins" / "postgres_to_s3"
DAG_FILE, PLUGIN_FILE, *_ = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text("utf-8"), re.DOTALL)
FILES = sorted(file for file in PACKAGE.rglob("*") if file.suffix in (".py", ".md"))
# Words of this project: its business, its clients, its settings, its tables.
FOREIGN_WORDS = re.compile(r"billing|bda_|tripica|bookkeeper|octopus|oibl|enercity|bookings", re.IGNORECASE)
IMPORT_EVERYTHING = """
import importlib, pkgutil
import postgres_to_s3
names = [module.name for module in pkgutil.walk_packages(postgres_to_s3.__path__, "postgres_to_s3.")]
files = [importlib.import_module(name).__file__ for name in ["postgres_to_s3", *names]]
print(*sorted(files))
"""
ORDERS = """
create schema shop;
create table shop.orders (id int, day date);
insert into shop.orders values (1, '2026-11-22'), (2, '2026-11-22'), (3, '2026-11-23');
grant usage on schema shop to billing_aggregator;
grant select on shop.orders to billing_aggregator
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Another team's project, made as the package's README says."""
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags" / "nightly_orders.py").write_text(DAG_FILE)
    shutil.copytree(PACKAGE, tmp_path / "plugins" / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "plugins" / ".airflowignore").write_text("postgres_to_s3/\n")
    (tmp_path / "plugins" / "export_plugin.py").write_text(PLUGIN_FILE)
    return tmp_path


@pytest.fixture
def lake(stack: Stack) -> Iterator[Bucket]:
    """The bucket that the README's DAG names."""
    with temporary_bucket(stack, "lake") as bucket:
        yield bucket


@pytest.fixture
def airflow_connections(monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse, lake: Bucket) -> dict[str, str]:
    """The Airflow connections that the README's DAG names, as environment variables."""
    export_runner(monkeypatch, lake, empty_warehouse.environment | lake.environment)
    return {
        "AIRFLOW_CONN_SHOP": os.environ["AIRFLOW_CONN_BDA_WAREHOUSE_ENERCITY"],
        "AIRFLOW_CONN_LAKE": os.environ["AIRFLOW_CONN_BDA_S3_ENERCITY"],
    }


def run_in(project: Path, *command: str, **environment: str) -> str:
    """Run a program of the virtual environment in the other project; its output, which a failure shows."""
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(Path(sys.executable).parent / command[0]), *command[1:]],
        cwd=project,
        env=variables | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def run_airflow(project: Path, *arguments: str, **environment: str) -> str:
    """Run an Airflow command with the other project's folders."""
    folders = {
        "AIRFLOW__CORE__DAGS_FOLDER": str(project / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(project / "plugins"),
    }
    return run_in(project, "airflow", *arguments, **folders, **environment)


def test_every_module_can_be_imported_with_only_the_folder_on_the_path(project: Path) -> None:
    copy = project / "plugins" / PACKAGE.name

    files = run_in(project, "python", "-c", IMPORT_EVERYTHING, PYTHONPATH=str(copy.parent)).split()

    assert files == [str(file) for file in sorted(copy.rglob("*.py"), key=str)]


def test_the_dag_of_the_readme_exports_and_verifies(
    project: Path, airflow_home: Path, empty_warehouse: Warehouse, lake: Bucket, airflow_connections: dict[str, str]
) -> None:
    empty_warehouse.execute(ORDERS)

    run_airflow(project, "dags", "test", "nightly_orders", "2026-11-22", **airflow_connections)

    assert lake.keys() == ["orders/2026-11-22/orders.manifest.json", "orders/2026-11-22/orders_0000.csv"]
    assert lake.read("orders/2026-11-22/orders_0000.csv") == b"id,day\n1,2026-11-22\n2,2026-11-22\n"


def test_the_plugin_of_the_readme_registers_the_link(project: Path, airflow_home: Path) -> None:
    output = run_airflow(project, "plugins", "--output", "plain")

    assert "postgres_to_s3" in output
    assert "S3ObjectsLink" in output


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_file_speaks_of_the_project_it_came_from(file: Path) -> None:
    lines = enumerate(file.read_text("utf-8").splitlines(), 1)

    assert [f"{number}: {line}" for number, line in lines if FOREIGN_WORDS.search(line)] == []
