"""The environment of every Airflow command of this checkout: its folders, the embedded stack, the caller's wishes."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from local.errors import StackError
from local.process import LOOPBACK
from local.sample_warehouse import load_sample_warehouse
from local.stack import Stack

REPO = Path(__file__).resolve().parents[1]
AIRFLOW = str(Path(sys.executable).with_name("airflow"))
OWN_WAREHOUSE = ("BDA_DB_HOST", "AIRFLOW_CONN_OCTOPUS")
OWN_METADATA = ("AIRFLOW_HOME", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")
OWN_S3 = ("BDA_S3_URL", "BDA_S3_ACCESS_KEY", "AIRFLOW_CONN_BILLING_S3")


def names_own_warehouse(caller: Mapping[str, str]) -> bool:
    """Whether the caller's environment names a warehouse, so that the embedded one is not used."""
    return any(caller.get(name) for name in OWN_WAREHOUSE)


def names_own_s3(caller: Mapping[str, str]) -> bool:
    """Whether the caller's environment names an S3 service, so that the embedded one is not used."""
    return any(caller.get(name) for name in OWN_S3)


def with_own_home(caller: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without an Airflow home and metadata database of their own, which we must not touch."""
    return {name: value for name, value in caller.items() if name not in OWN_METADATA}


def pipeline_environment(stack: Stack, caller: Mapping[str, str]) -> dict[str, str]:
    """The variables with which the pipeline runs here; what the caller has set wins, even if it is empty."""
    environment = {"BDA_CLIENT_ID": "enercity", "BDA_ENVIRONMENT": "local"}
    inherited = dict(caller)
    if not names_own_warehouse(caller):
        environment |= stack.database_environment()
        inherited = {name: value for name, value in inherited.items() if not name.startswith("PG")}
    if not names_own_s3(caller):
        environment |= stack.bucket_environment()
        inherited = {name: value for name, value in inherited.items() if not name.startswith("AWS_")}
    if caller.get("DRY_RUN"):
        environment["BDA_DRY_RUN"] = caller["DRY_RUN"]
    return environment | _airflow_environment(stack.state_dir) | inherited | _reachable(caller)


def prepare(stack: Stack, caller: Mapping[str, str], progress: Callable[[str], None] = print) -> dict[str, str]:
    """Load the sample data (SCALE=1) and Airflow's metadata database where the embedded ones are used.

    :return: the environment of the Airflow command to come
    :raises StackError: SCALE is no number, or one of the two could not be loaded
    """
    environment = pipeline_environment(stack, caller)
    if not names_own_warehouse(caller):
        load_sample_warehouse(stack.admin_dsn(), _scale(caller.get("SCALE") or "1"), progress=progress)
    if not any(caller.get(name) for name in OWN_METADATA):
        _migrate_metadata(environment, log_file(stack, "migrate"))
    return environment


def _scale(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise StackError(f"SCALE must be a number such as 1 or 0.5, found {text!r}") from None


def _reachable(caller: Mapping[str, str]) -> dict[str, str]:
    """Airflow starts itself by name, and a proxy must not stand between it and the servers of this machine."""
    path = os.pathsep.join([str(Path(AIRFLOW).parent), caller.get("PATH", "")])
    local = ",".join(filter(None, [caller.get("NO_PROXY") or caller.get("no_proxy"), LOOPBACK, "localhost"]))
    return {"PATH": path, "NO_PROXY": local, "no_proxy": local}


def _migrate_metadata(environment: Mapping[str, str], log: Path) -> None:
    """Create or upgrade the metadata database of this checkout, once for each version of Airflow."""
    done = Path(environment["AIRFLOW_HOME"]) / f"migrated-{importlib.metadata.version('apache-airflow')}"
    if done.exists():
        return
    with log.open("w", encoding="utf-8") as output:
        command = [AIRFLOW, "db", "migrate"]
        migrated = subprocess.run(command, env=dict(environment), stdout=output, stderr=subprocess.STDOUT, check=False)
    if migrated.returncode:
        raise StackError(f"Airflow's metadata database could not be created: see {log}")
    done.touch()


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
