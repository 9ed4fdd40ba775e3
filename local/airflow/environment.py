"""The environment of Airflow commands here: this checkout, the embedded servers, the settings of the caller."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from local.airflow.process import AIRFLOW
from local.checkout import REPO
from local.servers.host.processes import LOOPBACK
from local.servers.stack import Stack

DAG_ID = "billing_data_aggregator"
OWN_WAREHOUSE = ("BDA_DB_HOST", "AIRFLOW_CONN_OCTOPUS")
OWN_METADATA = (
    "AIRFLOW_HOME",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_SECRET",
)
OWN_S3 = ("BDA_S3_URL", "BDA_S3_ACCESS_KEY", "AIRFLOW_CONN_BILLING_S3")
# What would change requests to the embedded S3 server; its address, keys and region are in its connection, which wins.
AWS_OF_OTHER_S3 = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ENDPOINT_URL_S3",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
)
# What Airflow and its providers say about themselves, and nobody here can change.
IGNORED_WARNINGS = (
    "GitWildMatchPattern",
    "Could not import graphviz",
    "ProvidersManager.hooks is deprecated",
    "Pydantic serializer warnings",
)


def names_own_warehouse(caller: Mapping[str, str]) -> bool:
    """Whether the caller's environment names a warehouse, so that the embedded one is not used."""
    return any(caller.get(name) for name in OWN_WAREHOUSE)


def names_own_s3(caller: Mapping[str, str]) -> bool:
    """Whether the caller's environment names an S3 service, so that the embedded one is not used."""
    return any(caller.get(name) for name in OWN_S3)


def names_own_metadata(caller: Mapping[str, str]) -> bool:
    """Whether the caller's environment names an Airflow home or metadata database, so that they are not made here."""
    return any(caller.get(name) for name in OWN_METADATA)


def with_own_home(caller: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without an Airflow home and metadata database of their own, which we must not touch."""
    return {name: value for name, value in caller.items() if name not in OWN_METADATA}


def pipeline_environment(stack: Stack, caller: Mapping[str, str]) -> dict[str, str]:
    """The variables with which the pipeline runs here; what the caller has set wins, even if it is empty.

    Airflow's metadata are in the embedded PostgreSQL, as on Amazon MWAA: SQLite lets one process write at a time, and
    the others fail where they have to wait too long.
    """
    environment = {"BDA_ENVIRONMENT": "local"}
    if not caller.get("BDA_CLIENTS"):
        environment["BDA_CLIENT_ID"] = "enercity"
    inherited = dict(caller)
    if not names_own_warehouse(caller):
        environment |= stack.database_environment()
        inherited = {name: value for name, value in inherited.items() if not name.startswith("PG")}
    if not names_own_s3(caller):
        environment |= stack.bucket_environment()
        inherited = {name: value for name, value in inherited.items() if name not in AWS_OF_OTHER_S3}
    if inherited.pop("PYTHONDONTWRITEBYTECODE", None):
        # The caller wants no caches beside the sources; without any, each process compiles Airflow for seconds.
        environment["PYTHONPYCACHEPREFIX"] = str(stack.state_dir / "pycache")
    if not names_own_metadata(caller):
        environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] = stack.metadata_dsn()
    return environment | _airflow_environment(stack.state_dir) | inherited | _reachable(caller)


def _reachable(caller: Mapping[str, str]) -> dict[str, str]:
    """Airflow starts itself by name, and a proxy must not stand between it and the servers of this machine."""
    path = os.pathsep.join([str(Path(AIRFLOW).parent), caller.get("PATH", "")])
    local = ",".join(filter(None, [caller.get("NO_PROXY") or caller.get("no_proxy"), LOOPBACK, "localhost"]))
    return {"PATH": path, "NO_PROXY": local, "no_proxy": local}


def caller_environment() -> dict[str, str]:
    """The environment this command was called with."""
    return dict(os.environ)


def airflow_home(state_dir: Path) -> Path:
    """Where Airflow keeps its configuration and the logs of tasks."""
    return state_dir / "airflow"


def _airflow_environment(state_dir: Path) -> dict[str, str]:
    home = airflow_home(state_dir)
    home.mkdir(mode=0o700, exist_ok=True)
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPO / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(REPO / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        # So that the tab Rendered Templates shows whole scripts.
        "AIRFLOW__CORE__MAX_TEMPLATED_FIELD_LENGTH": "50000",
        "AIRFLOW__CORE__PARALLELISM": "4",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONWARNINGS": ",".join(f"ignore:{text}" for text in IGNORED_WARNINGS),
    }
