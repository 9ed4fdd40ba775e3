"""Times whole runs as Airflow runs them, triggered and with the real scheduler: what is SQL, export, and Airflow."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg2

from benchmarks.packages import REPO
from local.servers.postgres.server import SUPERUSER

DAG_ID = "billing_data_aggregator"
START_SECONDS = 300.0
RUN_SECONDS = 1200.0
POLL_SECONDS = 0.5
# A DAG of an older revision starts the missed run of today by itself when it is unpaused.
OWN_RUN_SECONDS = 5.0
READY = re.compile(r"Airflow is ready: (http://[^/\s]+)")


@dataclass(frozen=True)
class Checkout:
    """One revision of the project in a folder of its own."""

    name: str
    path: Path

    @property
    def command(self) -> list[str]:
        """What starts the UI in it."""
        module = ["local", "ui"] if (self.path / "local" / "commands" / "ui.py").exists() else ["local.ui"]
        return [sys.executable, "-m", *module]


CHECKOUT = Checkout("this checkout", REPO)


def checkout_of(revision: str, folder: Path) -> Checkout:
    """A git revision, written below a folder.

    :raises subprocess.CalledProcessError: git does not know it
    """
    path = folder / "checkout"
    archive = subprocess.run(["git", "archive", revision], cwd=REPO, capture_output=True, check=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(path, filter="data")
    (path / ".venv").symlink_to(Path(sys.prefix))
    return Checkout(revision, path)


def time_runs(checkouts: Sequence[Checkout], rounds: int) -> Iterator[dict[str, Any]]:
    """Yield the figures of each run, one checkout after the other in each round; seconds.

    The first run after a start is not counted: Airflow and the file system are cold.
    """
    for number in range(1, rounds + 1):
        for checkout in checkouts:
            with _airflow(checkout) as url:
                _trigger(url)
                figures = {"checkout": checkout.name, "round": number, **_time_run(url, checkout)}
            print(json.dumps(figures), flush=True)
            yield figures


def _time_run(url: str, checkout: Checkout) -> dict[str, float]:
    before = _sql_seconds(checkout)
    run = _trigger(url)
    sql = _sql_seconds(checkout) - before
    path = f"/api/v2/dags/{DAG_ID}/dagRuns/{run['dag_run_id']}"
    tasks = [task for task in _ask(url, f"{path}/taskInstances?limit=1000")["task_instances"] if task["duration"]]
    report = _ask(url, f"{path}/taskInstances/report/xcomEntries/return_value")["value"]
    report = json.loads(report) if isinstance(report, str) else report
    export = sum(summary["seconds"] for summary in report["exports"].values())
    wall = (datetime.fromisoformat(run["end_date"]) - datetime.fromisoformat(run["start_date"])).total_seconds()
    busy = sum(task["duration"] for task in tasks)
    return {
        "tasks": len(tasks),
        "wall": round(wall, 1),
        "sql": round(sql, 1),
        "export": round(export, 1),
        "in_tasks": round(busy, 1),
        "airflow_per_task": round((wall - sql) / len(tasks), 2),
    }


@contextmanager
def _airflow(checkout: Checkout) -> Iterator[str]:
    """The address of a running Airflow with scheduler; its servers end with the block."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "BDA_"))}
    environment |= {"PYTHONPATH": "plugins", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        checkout.command, cwd=checkout.path, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield _address(process)
        finally:
            process.terminate()
            process.communicate()


def _address(process: subprocess.Popen[str]) -> str:
    deadline = time.monotonic() + START_SECONDS
    for line in process.stdout or ():
        if found := READY.search(line):
            return found[1]
        if time.monotonic() > deadline:
            break
    raise TimeoutError(f"Airflow was not ready within {START_SECONDS:.0f} s")


def _trigger(url: str) -> dict[str, Any]:
    """Start a run and wait for its end."""
    runs = f"/api/v2/dags/{DAG_ID}/dagRuns"
    known = {run["dag_run_id"] for run in _ask(url, runs)["dag_runs"]}
    _ask(url, f"/api/v2/dags/{DAG_ID}", {"is_paused": False}, method="PATCH")
    time.sleep(OWN_RUN_SECONDS if not known else 0)
    started = [run for run in _ask(url, runs)["dag_runs"] if run["dag_run_id"] not in known]
    run = started[0] if started else _ask(url, runs, {"logical_date": None, "conf": {}}, method="POST")
    deadline = time.monotonic() + RUN_SECONDS
    while run["state"] not in ("success", "failed"):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the run {run['dag_run_id']!r} did not end within {RUN_SECONDS:.0f} s")
        time.sleep(POLL_SECONDS)
        run = _ask(url, f"{runs}/{run['dag_run_id']}")
    if run["state"] == "failed":
        raise RuntimeError(f"the run {run['dag_run_id']!r} failed: see the logs in .local")
    return run


def _ask(url: str, path: str, body: dict[str, Any] | None = None, method: str = "GET") -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {_token(url)}"}
    request = urllib.request.Request(url + path, data, headers, method=method)  # noqa: S310
    return _answer(request)


def _token(url: str) -> str:
    return str(_answer(urllib.request.Request(f"{url}/auth/token"))["access_token"])  # noqa: S310


def _answer(request: urllib.request.Request) -> dict[str, Any]:
    """The answer, whatever proxy the caller has."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def _sql_seconds(checkout: Checkout) -> float:
    """For how long the server has executed statements in the warehouse so far, those of exports included."""
    state = checkout.path / ".local"
    port = json.loads((state / "servers.json").read_text("utf-8"))["postgres_port"]
    password = json.loads((state / "credentials.json").read_text("utf-8"))["superuser_password"]
    dsn = f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/octopus"
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute("select active_time / 1000 from pg_stat_database where datname = 'octopus'")
        row = cursor.fetchone()
    return float(row[0]) if row else 0.0
