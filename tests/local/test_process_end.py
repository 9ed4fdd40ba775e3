"""However the program that runs a stack ends, no server and no open port stays behind."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from local import lock
from local.object_store import SOCKET_DIRECTORY
from local.stack import running_stack

REPOSITORY = Path(__file__).resolve().parents[2]
END_SECONDS = 60


class Program:
    """`python -m local serve` in a process of its own, with its servers."""

    def __init__(self, *options: str | Path) -> None:
        command = [sys.executable, "-m", "local", "serve", *map(str, options)]
        self.process = subprocess.Popen(
            command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.output = ""
        self.servers: list[psutil.Process] = []

    def wait_until(self, word: str) -> None:
        """Read what the program prints until a line begins with `word`; remember its servers."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.output += line
            if line.startswith(word):
                break
        self.servers = psutil.Process(self.process.pid).children(recursive=True)

    def wait_for_file(self, directory: Path, pattern: str) -> None:
        """Return as soon as a file exists that shows how far the start has come; remember the servers."""
        while not list(directory.glob(pattern)) and self.process.poll() is None:
            pass
        self.servers = psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=END_SECONDS)

    def survivors(self) -> list[psutil.Process]:
        """The servers still there after some time."""
        return psutil.wait_procs(self.servers, timeout=END_SECONDS)[1]


@pytest.fixture
def programs() -> Iterator[list[Program]]:
    """Programs started by a test; whatever it left running is ended."""
    started: list[Program] = []
    yield started
    for program in started:
        for process in [*program.servers, program.process]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        program.process.communicate(timeout=END_SECONDS)


def start(programs: list[Program], *options: str | Path) -> Program:
    programs.append(Program(*options))
    return programs[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_ended_program_leaves_no_server(state_dir: Path, programs: list[Program], number: signal.Signals) -> None:
    program = start(programs, "--state-dir", state_dir, "--ephemeral")
    program.wait_until("Running")
    assert len(program.servers) > 2
    assert program.end(number) == 128 + number
    assert [server for server in program.servers if server.is_running()] == []
    assert not state_dir.exists()


@pytest.mark.parametrize("file", ["s3.pid.json", "postgres-*.partial/PG_VERSION", "postgres-*/postmaster.pid"])
def test_program_ended_while_it_starts_leaves_no_server(state_dir: Path, programs: list[Program], file: str) -> None:
    program = start(programs, "--state-dir", state_dir, "--ephemeral")
    program.wait_for_file(state_dir, file)
    assert program.end(signal.SIGINT) == 128 + signal.SIGINT
    assert [server for server in program.servers if server.is_running()] == []
    assert not state_dir.exists()


def test_killed_program_leaves_no_server_and_its_directory_works_again(
    state_dir: Path, programs: list[Program]
) -> None:
    program = start(programs, "--state-dir", state_dir)
    program.wait_until("Running")
    program.end(signal.SIGKILL)
    # Linux ends the servers itself; elsewhere the next start does.
    if sys.platform == "linux":
        assert program.survivors() == []
    with running_stack(state_dir, ephemeral=True):
        assert program.survivors() == []


def test_stop_command_ends_the_running_stack(state_dir: Path, programs: list[Program]) -> None:
    program = start(programs, "--state-dir", state_dir, "--ephemeral")
    program.wait_until("Running")
    assert lock.holder(state_dir) == program.process.pid
    stop = [sys.executable, "-m", "local", "stop", "--state-dir", str(state_dir)]
    answer = subprocess.run(stop, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert answer.stdout == f"Stopped process {program.process.pid} and its servers.\n"
    assert program.survivors() == []


def test_second_program_in_the_same_directory_ends_with_one_clear_line(
    state_dir: Path, programs: list[Program]
) -> None:
    with running_stack(state_dir, ephemeral=True):
        second = start(programs, "--state-dir", state_dir)
        second.wait_until("The embedded stack of")
        assert second.process.wait(timeout=END_SECONDS) == 1
        assert second.output.count("\n") == 1
        assert "is already running" in second.output


def test_nothing_listens_after_the_stop(state_dir: Path) -> None:
    with running_stack(state_dir, ephemeral=True) as stack:
        pids = (stack.postgres_pid, stack.s3_pid)
        listening = [c.laddr for pid in pids for c in psutil.Process(pid).net_connections("inet")]
        ports = {address.port for address in listening}
    assert len(ports) >= 11
    assert [port for port in ports if _is_open(port)] == []
    assert [path for port in ports for path in SOCKET_DIRECTORY.glob(f"seaweedfs-*-{port}.sock")] == []


def _is_open(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
