"""`stop` and `clean`: what another command has running is ended, and only then is anything removed."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from local.servers import lock
from tests.support.checkout import command
from tests.support.program import Start
from tests.support.repository import REPO


def call(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), cwd=REPO, capture_output=True, text=True, check=False)


def test_stop_ends_the_running_stack(state_dir: Path, start: Start) -> None:
    program = start("serve", "--state-dir", state_dir, "--ephemeral")
    program.wait_until("Running")
    assert lock.holder(state_dir) == program.process.pid

    stopped = call("stop", "--state-dir", state_dir)

    assert (stopped.returncode, stopped.stdout) == (0, f"Stopped process {program.process.pid} and its servers.\n")
    assert program.survivors() == []
    assert program.process.wait() == 128 + signal.SIGTERM


def test_stop_says_when_there_is_nothing_to_stop(state_dir: Path) -> None:
    stopped = call("stop", "--state-dir", state_dir)

    assert (stopped.returncode, stopped.stdout) == (0, "No stack is running.\n")


def test_clean_stops_the_servers_and_removes_their_data(state_dir: Path, start: Start) -> None:
    program = start("serve", "--state-dir", state_dir)
    program.wait_until("Running")

    cleaned = call("clean", "--state-dir", state_dir)

    assert cleaned.returncode == 0
    assert program.survivors() == []
    assert not state_dir.exists()
