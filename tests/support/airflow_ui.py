"""A real Airflow with UI, scheduler and login for end-to-end tests, on servers, data and scripts of its own."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from local.airflow.api import Account, AirflowApi
from local.airflow.environment import DAG_ID
from local.airflow.preparation import logs_folder, prepare
from local.airflow.service import airflow_service
from local.servers.host.processes import free_ports
from local.servers.stack import Stack
from local.servers.start import running_stack
from tests.support.repository import REPO
from tests.support.scratch import scratch_directory

SAMPLE_SCALE = 0.05
RUN_SECONDS = 300.0
POLL_SECONDS = 0.5
# Airflow's roles: who operates the batch, and who may only look.
ROLES = {"operator": "op", "finance": "viewer"}
CLEARED_PREFIXES = ("AIRFLOW", "AWS_", "BDA_", "PG", "PYTHONPATH")


@dataclass(frozen=True)
class AirflowUi:
    """A running Airflow.

    :param url: where its UI is
    :param api: its API, as the operator
    :param accounts: the users of the UI by name: ``operator`` and ``finance``
    :param stack: the PostgreSQL and the S3 server behind it
    :param scripts: its copy of the script tree; a test that changes it puts it right again
    """

    url: str
    api: AirflowApi
    accounts: Mapping[str, Account]
    stack: Stack
    scripts: Path

    def dag_url(self, path: str = "") -> str:
        """The address of a page of the DAG."""
        return f"{self.url}/dags/{DAG_ID}{path}"

    def run_url(self, run_id: str, path: str = "") -> str:
        """The address of a page of a run."""
        return self.dag_url(f"/runs/{quote(run_id)}{path}")

    def trigger(self, **params: object) -> str:
        """Start a run with these parameters, whether the DAG is paused or not; returns its id."""
        self.api.call(f"/api/v2/dags/{DAG_ID}", {"is_paused": False}, "PATCH")
        run = self.api.call(f"/api/v2/dags/{DAG_ID}/dagRuns", {"logical_date": None, "conf": params})
        return str(run["dag_run_id"])

    def newest_run(self) -> str:
        """The id of the run that was started last."""
        runs = self.api.call(f"/api/v2/dags/{DAG_ID}/dagRuns?order_by=-id&limit=1")["dag_runs"]
        return str(runs[0]["dag_run_id"])

    def wait_for_end(self, run_id: str) -> str:
        """Wait until the run has ended; returns its state."""
        path = f"/api/v2/dags/{DAG_ID}/dagRuns/{quote(run_id)}"
        deadline = time.monotonic() + RUN_SECONDS
        while (state := str(self.api.call(path)["state"])) in ("queued", "running"):
            assert time.monotonic() < deadline, f"run {run_id} is still {state} after {RUN_SECONDS:.0f} s"
            time.sleep(POLL_SECONDS)
        return state


@contextmanager
def running_airflow_ui() -> Iterator[AirflowUi]:
    """Start servers and Airflow with a small sample, as `make ui` does, and end them with the block."""
    state = scratch_directory("billing-e2e-")
    accounts = {name: Account(name, secrets.token_hex(8)) for name in ROLES}
    with running_stack(state / "stack", ephemeral=True) as stack:
        scripts = state / "sql"
        shutil.copytree(REPO / "include" / "sql", scripts)
        environment = prepare(stack, _caller(state, scripts, accounts), SAMPLE_SCALE)
        operator = accounts["operator"]
        with airflow_service(environment, logs_folder(stack.state_dir), operator) as service:
            service.wait_until_ready(print)
            yield AirflowUi(service.url, service.api, accounts, stack, scripts)
    shutil.rmtree(state, ignore_errors=True)


def _caller(state: Path, scripts: Path, accounts: Mapping[str, Account]) -> dict[str, str]:
    """The environment of a caller who wants a login, a copy of the scripts, and no run but those that are asked for."""
    passwords = state / "passwords.json"
    passwords.write_text(json.dumps({account.username: account.password for account in accounts.values()}))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(CLEARED_PREFIXES)}
    return inherited | {
        "AIRFLOW__API__PORT": str(free_ports(1)[0]),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{name}:{role}" for name, role in ROLES.items()),
        # A day that no test meets: backfills need a schedule.
        "BDA_SCHEDULE": "0 2 1 1 *",
        "BDA_SCRIPTS_DIR": str(scripts),
    }
