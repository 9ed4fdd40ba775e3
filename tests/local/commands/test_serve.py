"""`serve`: however the program that runs the servers ends, no server and no open port stays behind."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

import psutil
import pytest

from local.servers.announcement import find_announced
from local.servers.s3.server import SOCKET_DIRECTORY
from local.servers.start import running_stack
from tests.support.program import END_SECONDS, Start


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_ended_program_leaves_no_server(state_dir: Path, start: Start, number: signal.Signals) -> None:
    program = start("serve", "--state-dir", state_dir, "--ephemeral")
    program.wait_until("Running")
    assert len(program.children) > 2
    assert program.end(number) == 128 + number
    assert program.running_children() == []
    assert not state_dir.exists()


@pytest.mark.parametrize("file", ["s3.pid.json", "postgres-*.partial/PG_VERSION", "postgres-*/postmaster.pid"])
def test_program_ended_while_it_starts_leaves_no_server(state_dir: Path, start: Start, file: str) -> None:
    program = start("serve", "--state-dir", state_dir, "--ephemeral")
    program.wait_for_file(state_dir, file)
    assert program.end(signal.SIGINT) == 128 + signal.SIGINT
    assert program.running_children() == []
    assert not state_dir.exists()


def test_killed_program_leaves_no_server_and_its_directory_works_again(state_dir: Path, start: Start) -> None:
    program = start("serve", "--state-dir", state_dir)
    program.wait_until("Running")
    program.end(signal.SIGKILL)
    # Linux ends the servers itself; elsewhere the next start does.
    if sys.platform == "linux":
        assert program.survivors() == []
    with running_stack(state_dir, ephemeral=True):
        assert program.survivors() == []


def test_second_program_in_the_same_directory_ends_with_one_clear_line(state_dir: Path, start: Start) -> None:
    with running_stack(state_dir, ephemeral=True):
        second = start("serve", "--state-dir", state_dir)
        second.wait_until("The embedded stack of")
        assert second.process.wait(timeout=END_SECONDS) == 2
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


def test_it_ends_with_a_clear_message_when_a_server_dies(state_dir: Path, start: Start) -> None:
    program = start("serve", "--state-dir", state_dir, "--ephemeral")
    program.wait_until("Running")
    stack = find_announced(state_dir)
    assert stack
    psutil.Process(stack.s3_pid).kill()

    program.wait_until("The S3 server")

    assert f"The S3 server (process {stack.s3_pid}) has ended by itself." in program.output
    assert program.process.wait(timeout=END_SECONDS) == 1
    assert program.survivors() == []
