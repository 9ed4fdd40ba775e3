"""`stop`: end the command that runs the servers of a state directory, and what a killed one has left behind."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import time
from pathlib import Path

from local.airflow.environment import airflow_home
from local.airflow.guard import end_left_processes
from local.errors import StackError
from local.servers.host import lock
from local.servers.postgres.server import stop_left_postgres
from local.servers.s3.server import stop_left_s3_server

HELP = "end what another command of this checkout has running"
STOP_SECONDS = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none of its own."""


def main(_arguments: argparse.Namespace, state_dir: Path) -> int:
    """Stop; returns when the servers have ended."""
    stop_all(state_dir)
    return 0


def stop_all(state_dir: Path) -> None:
    """Ask the command that runs the servers to end, wait for it, then end what is left of any command.

    :raises StackError: it has not ended in time
    """
    pid = lock.holder(state_dir)
    if pid is not None:
        _stop_holder(state_dir, pid)
        print(f"Stopped process {pid} and its servers.")
    left = 0
    if (state_dir / lock.FILE_NAME).exists():
        # Held, so that no other command starts what is then taken for left behind.
        with lock.exclusive(state_dir):
            left = _stop_left(state_dir)
    if left:
        print(f"Stopped {left} processes that a killed command had left behind.")
    if pid is None and not left:
        print("Nothing is running.")


def _stop_holder(state_dir: Path, pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while lock.holder(state_dir) == pid:
        if time.monotonic() > deadline:
            raise StackError(f"Process {pid} did not stop its servers within {STOP_SECONDS:.0f} seconds.")
        time.sleep(0.05)


def _stop_left(state_dir: Path) -> int:
    """End Airflow's processes first: they use the servers. Returns how many processes there were."""
    airflow = end_left_processes(airflow_home(state_dir))
    postgres = [stop_left_postgres(data_dir) for data_dir in state_dir.glob("postgres-*")]
    return airflow + sum(postgres) + stop_left_s3_server(state_dir)
