"""What a guarded command has started ends with it, in whatever way it ends, and nothing else does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.airflow.guard import end_left_processes
from tests.support.checkout import Checkout
from tests.support.repository import REPO

END_SECONDS = 30
# A command that starts a process, which leaves its process group, as Airflow's tasks do.
COMMAND = """
import subprocess, sys, time
from local.airflow.guard import guarded
with guarded({"AIRFLOW_HOME": sys.argv[1]}) as environment:
    child = [sys.executable, "-c", "import os, time; os.setpgid(0, 0); print(os.getpid(), flush=True); time.sleep(600)"]
    with subprocess.Popen(child, env=environment):
        time.sleep(600)
"""


class Command:
    """A guarded command and the process it has started."""

    def __init__(self, home: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, str(home)],
            cwd=REPO,
            env=Checkout.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.child = psutil.Process(int(self.process.stdout.readline()))
        (self.guard,) = [
            each for each in psutil.Process(self.process.pid).children() if "local.airflow.guard" in each.cmdline()
        ]

    def kill(self) -> None:
        """End the command so that it can do nothing about it."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    started = Command(tmp_path)
    yield started
    for process in (started.process.pid, started.guard.pid, started.child.pid):
        if psutil.pid_exists(process):
            os.kill(process, signal.SIGKILL)
    started.process.wait()


def has_ended(process: psutil.Process) -> bool:
    return psutil.wait_procs([process], timeout=END_SECONDS)[1] == []


def test_after_a_kill_the_guard_ends_what_the_command_had_started(command: Command) -> None:
    command.kill()

    assert has_ended(command.child)
    assert has_ended(command.guard)


def test_what_a_killed_guard_has_left_is_found_by_its_airflow_home(command: Command, tmp_path: Path) -> None:
    command.guard.kill()
    command.kill()

    assert end_left_processes(tmp_path / "another") == 0
    assert command.child.is_running()
    assert end_left_processes(tmp_path) == 1
    assert has_ended(command.child)
