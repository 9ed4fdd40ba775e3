"""Each command may be the first one of a fresh checkout: the next ones take what it leaves behind for ours."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from local.command_line import COMMANDS
from tests.support.checkout import Checkout, command
from tests.support.program import Start
from tests.support.repository import REPO

WORDS = {
    "run": ["run", "--scale", "0.01"],
    "ui": ["ui", "--scale", "0.01"],
    "airflow": ["airflow", "--scale", "0.01", "--", "version"],
    "health": ["health", "--validate-config"],
    "serve": ["serve"],
    "compare": ["compare", "no-such-file.csv", "no-such-file.csv", "--key", "id"],
    "summary": ["summary", "no-such-file.xml"],
    "stop": ["stop"],
    "clean": ["clean"],
}
# They are ended as soon as their servers have begun to come up: what follows takes minutes.
WITH_SERVERS = ("run", "ui", "airflow", "serve")


@pytest.mark.parametrize("first", COMMANDS)
def test_what_the_first_command_leaves_is_accepted_and_removed_by_the_next_ones(
    state_dir: Path, start: Start, first: str
) -> None:
    where = ["--state-dir", str(state_dir)]
    words = [WORDS[first][0], *where, *WORDS[first][1:]]
    if first in WITH_SERVERS:
        program = start(*words, environment=Checkout.environment())
        program.wait_for_file(state_dir, "postgres-*")
        program.end(signal.SIGTERM)
    else:
        call(words)

    next_one = start("serve", *where)
    next_one.wait_until("Running")
    assert "Running" in next_one.output
    assert call(["clean", *where]) == 0
    assert not state_dir.exists()


def test_a_directory_with_files_of_others_is_no_place_for_the_first_command(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").touch()

    assert call(["health", "--state-dir", str(tmp_path), "--validate-config"]) == 2

    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def call(words: list[str]) -> int:
    """Run the command to its end; returns its exit code."""
    return subprocess.run(
        command(*words), cwd=REPO, env=Checkout.environment(), capture_output=True, check=False
    ).returncode
