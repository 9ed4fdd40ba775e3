"""`stop` and `clean`: what another command has running is ended, and only then is anything removed."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

from local.servers.host import lock
from tests.support.checkout import Checkout, command
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

    assert (stopped.returncode, stopped.stdout) == (0, "Nothing is running.\n")


def test_clean_stops_the_servers_and_removes_their_data(state_dir: Path, start: Start) -> None:
    program = start("serve", "--state-dir", state_dir)
    program.wait_until("Running")

    cleaned = call("clean", "--state-dir", state_dir)

    assert cleaned.returncode == 0
    assert program.survivors() == []
    assert not state_dir.exists()


def test_clean_removes_no_directory_that_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()

    refused = call("clean", "--state-dir", tmp_path)

    assert refused.returncode == 2
    assert refused.stderr == f"State directory '{tmp_path}' has files that are not ours: choose another one.\n"
    assert (tmp_path / "thesis.txt").exists()


def test_stop_ends_what_lived_on_after_a_command_and_its_guard_were_killed(
    loaded_checkout: Checkout, start: Start
) -> None:
    words = ("airflow", "--", "scheduler", "--skip-serve-logs")
    program = start(*words, cwd=loaded_checkout.root, environment=loaded_checkout.environment())
    program.wait_until_children(lambda words: "LocalExecutor" in words)
    guard = next(child for child in program.children if "local.airflow.guard" in child.cmdline())

    guard.kill()
    program.end(signal.SIGKILL)
    stopped = loaded_checkout.run("stop")

    assert stopped.returncode == 0
    assert re.fullmatch(r"Stopped \d+ processes that a killed command had left behind\.\n", stopped.stdout)
    assert program.survivors() == []
