"""`ui`: Airflow with scheduler and UI on the embedded stack and its sample data, until Ctrl-C."""

from __future__ import annotations

import argparse
import socket
import subprocess
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from local.airflow.environment import DAG_ID, caller_environment, with_own_home
from local.airflow.preparation import add_scale_argument, log_file, prepare
from local.airflow.process import airflow_process
from local.errors import StackError
from local.servers.processes import LOOPBACK
from local.servers.start import running_stack

HELP = "run Airflow with its UI on the sample data until Ctrl-C"
USUAL_PORT = 8080
START_SECONDS = 240.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--scale`."""
    add_scale_argument(parser)


def main(arguments: argparse.Namespace, state_dir: Path) -> int:
    """Serve the UI until Ctrl-C; 1 when Airflow ended by itself."""
    with running_stack(state_dir, joinable=True) as stack:
        print(stack.describe())
        environment = prepare(stack, with_own_home(caller_environment()), arguments.scale)
        return _serve(environment, log_file(state_dir, "ui"))


def _serve(environment: Mapping[str, str], log: Path) -> int:
    port = int(environment.get("AIRFLOW__API__PORT") or _free_port())
    url = f"http://{LOOPBACK}:{port}"
    addresses = {
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
    }
    with (
        log.open("w", encoding="utf-8") as output,
        airflow_process(["standalone"], {**environment, **addresses}, output) as process,
    ):
        _wait_until_ready(url, process, log)
        print(f"\nAirflow is ready: {url}/dags/{DAG_ID} (no login)\nLog: {log}\nCtrl-C stops it.", flush=True)
        return 1 if process.wait() else 0


def _wait_until_ready(url: str, process: subprocess.Popen[str], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _answers(f"{url}/api/v2/monitor/health"):
            return
        time.sleep(0.5)
    raise StackError(f"Airflow did not answer at {url} within {START_SECONDS:.0f} seconds: see {log}")


def _answers(url: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=5):
            return True
    except OSError:
        return False


def _free_port() -> int:
    """The usual port, or another one where that is taken."""
    for port in (USUAL_PORT, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            return int(probe.getsockname()[1])
    raise StackError(f"no free port on {LOOPBACK}")
