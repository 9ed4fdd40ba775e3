"""The environment of every Airflow command of this checkout: its folders, the embedded stack, the caller's wishes."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from local.sample_warehouse import load_sample_warehouse
from local.stack import Stack

REPO = Path(__file__).resolve().parents[1]
AIRFLOW = str(Path(sys.executable).with_name("airflow"))
OWN_WAREHOUSE = ("BDA_DB_HOST", "AIRFLOW_CONN_OCTOPUS")
OWN_S3 = ("BDA_S3_URL", "BDA_S3_ACCESS_KEY", "AIRFLOW_CONN_BILLING_S3")


def names_own_warehouse(caller: Mapping[str, str]) -> bool:
    """Whether the caller's environment names a warehouse, so that the embedded one is not used."""
    return any(caller.get(name) for name in OWN_WAREHOUSE)


def names_own_s3(caller: Mapping[str, str]) -> bool:
    """Whether the caller's environment names an S3 service, so that the embedded one is not used."""
    return any(caller.get(name) for name in OWN_S3)


def pipeline_environment(stack: Stack, caller: Mapping[str, str]) -> dict[str, str]:
    """The variables with which the pipeline runs here; what the caller has set wins, even if it is empty."""
    environment = {"BDA_CLIENT_ID": "enercity", "BDA_ENVIRONMENT": "local"}
    if not names_own_warehouse(caller):
        environment |= stack.database_environment()
    if not names_own_s3(caller):
        environment |= stack.bucket_environment()
    # Airflow starts itself by name.
    path = {"PATH": os.pathsep.join([str(Path(AIRFLOW).parent), caller.get("PATH", "")])}
    return environment | _airflow_environment(stack.state_dir) | dict(caller) | path


def migrate_metadata(environment: Mapping[str, str], log: Path) -> None:
    """Create or upgrade Airflow's metadata database, once for each version of Airflow.

    :raises subprocess.CalledProcessError: Airflow could not; ``log`` says why
    """
    done = Path(environment["AIRFLOW_HOME"]) / f"migrated-{importlib.metadata.version('apache-airflow')}"
    if done.exists():
        return
    with log.open("w", encoding="utf-8") as output:
        command = [AIRFLOW, "db", "migrate"]
        subprocess.run(command, env=dict(environment), stdout=output, stderr=subprocess.STDOUT, check=True)
    done.touch()


def prepare(stack: Stack, caller: Mapping[str, str]) -> dict[str, str]:
    """Load the sample data (SCALE=1) and Airflow's metadata database where the embedded ones are used.

    :return: the environment of the Airflow command to come
    """
    environment = pipeline_environment(stack, caller)
    if not names_own_warehouse(caller):
        load_sample_warehouse(stack.admin_dsn(), float(caller.get("SCALE") or 1), progress=print)
    migrate_metadata(environment, log_file(stack, "migrate"))
    return environment


def log_file(stack: Stack, name: str) -> Path:
    """Where the output of a command goes that is too long for the terminal."""
    folder = stack.state_dir / "logs"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.log"


def caller_environment() -> dict[str, str]:
    """The environment this command was called with."""
    return dict(os.environ)


def _airflow_environment(state_dir: Path) -> dict[str, str]:
    home = state_dir / "airflow"
    home.mkdir(mode=0o700, exist_ok=True)
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPO / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPO / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
    }
