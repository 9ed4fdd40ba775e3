"""Start PostgreSQL and S3 together, one stack per state directory, and stop them however the block ends."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from local.errors import StackError
from local.servers.announcement import FILE_NAME as ANNOUNCEMENT_FILE
from local.servers.announcement import announced
from local.servers.binaries import find_postgres, find_weed
from local.servers.host import lock
from local.servers.host.credentials import FILE_NAME as CREDENTIALS_FILE
from local.servers.host.credentials import load_or_create
from local.servers.host.run_user import RunUser, run_user
from local.servers.host.signals import ending_signals_ignored, ending_signals_raise
from local.servers.host.state_directory import prepare_state_dir
from local.servers.postgres.profiles import Profile, profile_of_environment
from local.servers.postgres.role_and_database import create_roles_and_databases
from local.servers.postgres.server import PostgresServer
from local.servers.s3.server import S3Server
from local.servers.stack import BUCKET, Stack


@contextmanager
def running_stack(
    state_dir: Path, *, ephemeral: bool = False, joinable: bool = False, profile: Profile | None = None
) -> Iterator[Stack]:
    """Start both servers on free loopback ports, yield the stack, stop them however the block ends.

    Data and credentials stay in `state_dir` for the next start, unless `ephemeral`: then the servers trade
    durability for speed and the directory is removed; `joinable`: other commands may use it while it runs;
    `profile`: PostgreSQL's performance settings, by default those that BDA_PG_PROFILE names.
    Call it in the main thread. Raises StackError when the directory's stack is already running, or a server
    does not start.
    """
    profile = profile or profile_of_environment()
    user = run_user()
    state_dir = prepare_state_dir(state_dir, user)
    with ending_signals_raise(), lock.exclusive(state_dir), ExitStack() as cleanup:
        if ephemeral:
            cleanup.callback(shutil.rmtree, state_dir, ignore_errors=True)
        stack = _start(state_dir, user, cleanup, ephemeral=ephemeral, profile=profile)
        if joinable:
            cleanup.enter_context(announced(stack))
        yield stack


def _start(state_dir: Path, user: RunUser | None, cleanup: ExitStack, *, ephemeral: bool, profile: Profile) -> Stack:
    # A killed run has left it.
    (state_dir / ANNOUNCEMENT_FILE).unlink(missing_ok=True)
    programs = state_dir / "programs"
    binaries = find_postgres(user, programs)
    postgres = PostgresServer(state_dir, binaries, user, ephemeral=ephemeral, profile=profile)
    if postgres.data_dir.exists() and not (state_dir / CREDENTIALS_FILE).exists():
        raise StackError(f"'{state_dir}' holds data but no {CREDENTIALS_FILE}: remove it to start afresh.")
    credentials = load_or_create(state_dir)
    s3_server = S3Server(state_dir, find_weed(user, programs), credentials, user, ephemeral=ephemeral)

    def stop_servers() -> None:
        with ending_signals_ignored():
            s3_server.stop()
            postgres.stop()

    cleanup.callback(stop_servers)
    # The S3 server comes up by itself while PostgreSQL is initialised and started.
    s3_server.prepare()
    s3_server.launch()
    postgres.prepare(credentials.superuser_password)
    postgres.start()
    s3_server.wait_until_ready(BUCKET)
    stack = Stack(
        state_dir=state_dir,
        postgres_port=postgres.port,
        postgres_version=postgres.binaries.version,
        postgres_bindir=postgres.binaries.bindir,
        postgres_pid=postgres.pid or 0,
        postgres_profile=profile,
        s3_url=s3_server.url,
        s3_pid=s3_server.pid or 0,
        credentials=credentials,
    )
    create_roles_and_databases(stack.admin_dsn("postgres"), credentials.role_password, credentials.metadata_password)
    return stack
