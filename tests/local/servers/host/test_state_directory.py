"""The state directory: what a restart keeps, which leftovers of a killed run do no harm, what is refused."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg2
import pytest

from local.errors import StackError
from local.servers.binaries import find_postgres
from local.servers.host.credentials import load_or_create
from local.servers.host.run_user import can_enter, run_user
from local.servers.host.state_directory import default_state_dir
from local.servers.postgres.server import PostgresServer
from local.servers.stack import Stack
from local.servers.start import running_stack


def kept_data(stack: Stack) -> tuple[str, bytes]:
    """The row and the object that the stopped stack was left with."""
    with closing(psycopg2.connect(stack.admin_dsn())) as connection, connection.cursor() as cursor:
        cursor.execute("select name from kept")
        names = cursor.fetchall()
    body = stack.s3_client().get_object(Bucket="billing-exports", Key="kept.csv")["Body"].read()
    return names[0][0], body


def write_pid_files(state_dir: Path, pid: int) -> None:
    """What a killed run leaves behind, with a pid that the system has since given to another program."""
    for data_dir in state_dir.glob("postgres-*"):
        (data_dir / "postmaster.pid").write_text(f"{pid}\n{data_dir}\n", encoding="utf-8")
    (state_dir / "s3.pid.json").write_text(json.dumps({"pid": pid, "ports": []}), encoding="utf-8")


@pytest.fixture
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    """A running program that has nothing to do with any stack."""
    with subprocess.Popen(["sleep", "300"]) as program:
        yield program
        program.kill()


def test_restart_keeps_rows_objects_and_passwords(kept_state: Path) -> None:
    before = (kept_state / "credentials.json").read_bytes()
    with running_stack(kept_state) as stack:
        assert kept_data(stack) == ("Müller", b"name\n")
    assert (kept_state / "credentials.json").read_bytes() == before


def test_servers_killed_hard_start_again_with_their_data(kept_state: Path) -> None:
    with running_stack(kept_state) as stack:
        for pid in (stack.postgres_pid, stack.s3_pid):
            os.kill(pid, signal.SIGKILL)
    with running_stack(kept_state) as stack:
        assert kept_data(stack) == ("Müller", b"name\n")


def test_pid_files_that_name_another_program_do_no_harm(kept_state: Path, bystander: subprocess.Popen[bytes]) -> None:
    write_pid_files(kept_state, bystander.pid)
    with running_stack(kept_state) as stack:
        assert kept_data(stack) == ("Müller", b"name\n")
    assert bystander.poll() is None


def test_damaged_record_of_the_s3_server_does_no_harm(kept_state: Path) -> None:
    (kept_state / "s3.pid.json").write_text("{", encoding="utf-8")
    with running_stack(kept_state) as stack:
        assert kept_data(stack) == ("Müller", b"name\n")


def test_server_left_running_is_stopped_by_the_next_start(state_dir: Path) -> None:
    state_dir.mkdir(mode=0o711)
    user = run_user()
    binaries = find_postgres(user, state_dir / "programs")
    left = PostgresServer(state_dir, binaries, user, ephemeral=True)
    left.prepare("password")
    left.start()
    next_one = PostgresServer(state_dir, binaries, user, ephemeral=True)
    next_one.prepare("password")
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", left.port)) == errno.ECONNREFUSED
    left.stop()


def test_second_start_in_the_same_directory_is_refused_and_names_the_process(stack: Stack) -> None:
    expected = rf"already running, held by process {os.getpid()}\."
    with pytest.raises(StackError, match=expected), running_stack(stack.state_dir):
        pass
    assert psutil.pid_exists(stack.postgres_pid)


def test_two_stacks_run_at_once_and_share_nothing(stack: Stack, state_dir: Path) -> None:
    with running_stack(state_dir, ephemeral=True) as other:
        assert {other.postgres_port, other.s3_url}.isdisjoint({stack.postgres_port, stack.s3_url})
        other.s3_client().create_bucket(Bucket="only-there")
        names = [each["Name"] for each in stack.s3_client().list_buckets()["Buckets"]]
        assert "only-there" not in names
        with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
            psycopg2.connect(stack.dsn().replace(str(stack.postgres_port), str(other.postgres_port)))
    assert not state_dir.exists()


def test_data_without_its_passwords_is_refused(kept_state: Path) -> None:
    credentials = kept_state / "credentials.json"
    aside = credentials.rename(kept_state / "aside")
    try:
        with pytest.raises(StackError, match="holds data but no credentials"), running_stack(kept_state):
            pass
    finally:
        aside.rename(credentials)


def test_a_password_that_an_older_version_did_not_need_is_added_to_the_others(kept_state: Path) -> None:
    credentials = kept_state / "credentials.json"
    before = json.loads(credentials.read_text())
    older = {name: value for name, value in before.items() if name != "metadata_password"}
    credentials.write_text(json.dumps(older), encoding="utf-8")

    with running_stack(kept_state) as stack:
        assert kept_data(stack) == ("Müller", b"name\n")
        psycopg2.connect(stack.metadata_dsn()).close()

    added = {"metadata_password": stack.credentials.metadata_password}
    assert json.loads(credentials.read_text()) == {**older, **added}


@pytest.mark.parametrize("text", ["{}", '["hunter2"]', '{"role_password": "hunter2"}', "hunter2"])
def test_passwords_that_are_none_are_refused_without_quoting_them(tmp_path: Path, text: str) -> None:
    (tmp_path / "credentials.json").write_text(text, encoding="utf-8")

    with pytest.raises(StackError, match=r"json' is damaged\.") as refused:
        load_or_create(tmp_path)

    assert "hunter2" not in str(refused.value)


def test_damaged_passwords_are_refused_without_quoting_them(state_dir: Path) -> None:
    state_dir.mkdir(mode=0o711)
    (state_dir / "lock").touch()
    (state_dir / "credentials.json").write_text('{"superuser_password": "hunter2"', encoding="utf-8")
    with pytest.raises(StackError, match=r"json' is damaged\.") as refused, running_stack(state_dir):
        pass
    assert "hunter2" not in str(refused.value)


def test_directory_with_other_files_is_refused_and_kept(state_dir: Path) -> None:
    state_dir.mkdir()
    (state_dir / "thesis.txt").touch()
    expected = re.escape(f"'{state_dir}' has files that are not ours")
    with pytest.raises(StackError, match=expected), running_stack(state_dir, ephemeral=True):
        pass
    assert (state_dir / "thesis.txt").exists()


def test_state_of_a_checkout_lies_in_it_or_where_the_servers_can_reach_it(state_dir: Path) -> None:
    state_dir.mkdir(mode=0o755)
    assert default_state_dir(state_dir) == state_dir / ".local"
    state_dir.chmod(0o700)
    assert can_enter(run_user(), default_state_dir(state_dir).parent)
