"""Airflow as a service on the loopback address: API server with UI, scheduler and DAG processor."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from local.airflow.api import Account, AirflowApi
from local.airflow.environment import DAG_ID
from local.airflow.process import AirflowProcess, airflow_processes
from local.errors import EndedError, StackError
from local.servers.host.processes import LOOPBACK, listens, log_tail

USUAL_PORT = 8080
START_SECONDS = 300.0
POLL_SECONDS = 0.5
TELL_SECONDS = 5.0
# Their log servers would listen on every address. Here all logs are in one folder, and the UI reads them there.
COMPONENTS = {
    "api-server": ("api-server",),
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
}
# Each request and each parsed file would be a line of their logs; tasks log as the scheduler does.
QUIET = {"AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING", "AIRFLOW__DAG_PROCESSOR__PRINT_STATS_INTERVAL": "0"}
COMPONENT_SETTINGS: dict[str, dict[str, str]] = {"api-server": QUIET, "scheduler": {}, "dag-processor": QUIET}
SERVICE_SETTINGS = {
    # With the default of 1 s most of these short tasks would wait longer than they work.
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
}


class AirflowService:
    """The processes of a running Airflow, its address and its API."""

    def __init__(self, api: AirflowApi, processes: Mapping[str, AirflowProcess], logs: Mapping[str, Path]) -> None:
        self.url = api.url
        self.api = api
        self._processes = processes
        self._logs = logs
        self._started = datetime.now(UTC)

    def wait_until_ready(self, progress: Callable[[str], None]) -> None:
        """Return when a run that is triggered now finds everything at work.

        :param progress: is told each step, with the seconds since the start
        :raises StackError: Airflow does not get ready, or the DAG cannot be imported
        """
        start = time.monotonic()
        told = 0.0
        for step, is_done in self._steps():
            while not is_done():
                self.require_running()
                seconds = time.monotonic() - start
                if seconds > START_SECONDS:
                    raise StackError(f"Airflow is not ready after {START_SECONDS:.0f} seconds, missing: {step}")
                if seconds - told > TELL_SECONDS:
                    told = seconds
                    progress(f"  {seconds:4.0f} s  waiting until {step}")
                time.sleep(POLL_SECONDS)
            progress(f"  {time.monotonic() - start:4.0f} s  {step}")

    def require_running(self) -> None:
        """Check that all components run.

        :raises EndedError: one has ended; the text shows the end of its log
        """
        for name, process in self._processes.items():
            if process.poll() is not None:
                raise EndedError(
                    f"Airflow's {name} has ended by itself with exit code {process.returncode}."
                    f"\n'{self._logs[name]}' ends with:\n{log_tail(self._logs[name])}"
                )

    def _steps(self) -> Iterator[tuple[str, Callable[[], bool]]]:
        # Another Airflow may have taken the port while ours was starting, and would answer, too.
        yield "the API server answers", lambda: self._listens() and self.api.status("/api/v2/monitor/health") == 200
        # It builds this part at the first call, for longer than the first attempt of a task would wait.
        yield "it is ready for tasks", lambda: self.api.status("/execution/health") == 200
        yield "the scheduler works", lambda: self._has_beaten("scheduler")
        yield f"the DAG {DAG_ID} is loaded", self._has_loaded_dag
        yield "the UI shows it", lambda: self.api.status(f"/dags/{DAG_ID}") == 200

    def _listens(self) -> bool:
        port = int(self.url.rpartition(":")[2])
        return listens(self._processes["api-server"].pid, port)

    def _has_beaten(self, component: str) -> bool:
        """Whether the component has given a sign of life since the start; an earlier one is of another process."""
        health = self.api.read("/api/v2/monitor/health").get(component, {})
        return self._is_new(health.get(f"latest_{component}_heartbeat"))

    def _has_loaded_dag(self) -> bool:
        for error in self.api.read("/api/v2/importErrors").get("import_errors", []):
            if self._is_new(error["timestamp"]):
                raise StackError(f"Airflow cannot import {error['filename']}:\n{error['stack_trace'].rstrip()}")
        return self._is_new(self.api.read(f"/api/v2/dags/{DAG_ID}").get("last_parsed_time"))

    def _is_new(self, timestamp: str | None) -> bool:
        return timestamp is not None and datetime.fromisoformat(timestamp) > self._started


@contextmanager
def airflow_service(
    environment: Mapping[str, str], logs: Path, account: Account | None = None
) -> Iterator[AirflowService]:
    """Run the service for the block; its components write to ``<logs>/<component>.log``.

    :param account: a user of it, where the environment says that Airflow asks for a login
    """
    url = f"http://{LOOPBACK}:{environment.get('AIRFLOW__API__PORT') or _free_port()}"
    files = {name: logs / f"{name}.log" for name in COMPONENTS}
    with ExitStack() as opened, airflow_processes(SERVICE_SETTINGS | dict(environment) | _own(url)) as processes:
        running = {
            name: processes.start(words, opened.enter_context(files[name].open("w")), COMPONENT_SETTINGS[name])
            for name, words in COMPONENTS.items()
        }
        yield AirflowService(AirflowApi(url, account), running, files)


def _own(url: str) -> dict[str, str]:
    """The settings by which Airflow listens at this address and nowhere else, and its parts trust each other."""
    return {
        "AIRFLOW__API__HOST": LOOPBACK,
        "AIRFLOW__API__PORT": url.rpartition(":")[2],
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
    }


def _free_port() -> int:
    """The usual port, or another one where that is taken."""
    for port in (USUAL_PORT, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            return int(probe.getsockname()[1])
    raise StackError(f"no free port on {LOOPBACK}")
