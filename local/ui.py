"""`make ui`: Airflow with scheduler and UI on the embedded stack and its sample data, until Ctrl-C."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from local.airflow_child import airflow_child
from local.airflow_environment import REPO, caller_environment, prepare, with_own_home
from local.errors import StackError
from local.process import LOOPBACK
from local.stack import default_state_dir, running_stack

DAG_ID = "billing_data_aggregator"
USUAL_PORT = 8080
START_SECONDS = 240.0


def main() -> int:
    """Serve the UI; 0 after Ctrl-C, 1 when Airflow ended by itself, 2 when it could not start."""
    try:
        with running_stack(default_state_dir(REPO), joinable=True) as stack:
            print(stack.describe())
            environment = prepare(stack, with_own_home(caller_environment()))
            return _serve(environment, stack.state_dir / "logs" / "ui.log")
    except StackError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0


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
        airflow_child(["standalone"], {**environment, **addresses}, output) as process,
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


if __name__ == "__main__":
    sys.exit(main())
