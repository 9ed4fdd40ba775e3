"""Run the embedded stack: PostgreSQL and S3 together, one per state directory, gone when the block ends."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from local.errors import StackError
from local.servers import lock
from local.servers.binaries import find_postgres, find_weed
from local.servers.credentials import FILE_NAME as CREDENTIALS_FILE
from local.servers.credentials import Credentials, load_or_create
from local.servers.postgres import SUPERUSER, PostgresServer
from local.servers.postgres_profiles import Profile, profile_of_environment, require_profile
from local.servers.processes import LOOPBACK
from local.servers.role_and_database import DATABASE, ROLE, create_role_and_database
from local.servers.run_user import RunUser, run_user
from local.servers.s3_client import REGION, s3_client
from local.servers.s3_server import S3Server
from local.servers.signals import ending_signals_ignored, ending_signals_raise
from local.servers.state_directory import prepare_state_dir

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "billing-exports"
DESCRIPTION_FILE = "servers.json"


@dataclass(frozen=True)
class Stack:
    """A running stack: everything a client needs to use it. Secrets are hidden from repr."""

    state_dir: Path
    postgres_port: int
    postgres_version: str
    postgres_bindir: Path
    postgres_pid: int
    postgres_profile: Profile
    s3_url: str
    s3_pid: int
    credentials: Credentials = field(repr=False)

    def environment(self) -> dict[str, str]:
        """The BDA_* variables with which the pipeline uses this stack; they contain secrets."""
        return self.database_environment() | self.bucket_environment()

    def database_environment(self, database: str = DATABASE) -> dict[str, str]:
        """The BDA_DB_* variables for one database, as the pipeline's role."""
        return {
            "BDA_DB_HOST": LOOPBACK,
            "BDA_DB_PORT": str(self.postgres_port),
            "BDA_DB_NAME": database,
            "BDA_DB_USER": ROLE,
            "BDA_DB_PASSWORD": self.credentials.role_password,
        }

    def bucket_environment(self, bucket: str = BUCKET) -> dict[str, str]:
        """The BDA_S3_* variables for one bucket."""
        return {
            "BDA_S3_BUCKET": bucket,
            "BDA_S3_REGION": REGION,
            "BDA_S3_URL": self.s3_url,
            "BDA_S3_ACCESS_KEY": self.credentials.s3_access_key,
            "BDA_S3_SECRET_ACCESS_KEY": self.credentials.s3_secret_key,
        }

    def admin_dsn(self, database: str = DATABASE) -> str:
        """The connection URL of the superuser, for loading sample data; it contains the password."""
        return self._dsn(SUPERUSER, self.credentials.superuser_password, database)

    def dsn(self, database: str = DATABASE) -> str:
        """The connection URL of the pipeline's role; it contains the password."""
        return self._dsn(ROLE, self.credentials.role_password, database)

    def s3_client(self) -> S3Client:
        """A client for the stack's S3 server."""
        return s3_client(self.s3_url, self.credentials.s3_access_key, self.credentials.s3_secret_key)

    def describe(self) -> str:
        """Versions, places, ports and process ids for a person; no secrets."""
        return "\n".join(
            [
                f"PostgreSQL {self.postgres_version} ({self.postgres_profile.value} settings) on "
                f"{LOOPBACK}:{self.postgres_port}, database '{DATABASE}', process {self.postgres_pid}, "
                f"programs in {self.postgres_bindir}",
                f"S3 (SeaweedFS) at {self.s3_url}, bucket '{BUCKET}', process {self.s3_pid}",
                f"State, logs and {CREDENTIALS_FILE} in {self.state_dir}",
            ]
        )

    def _dsn(self, user: str, password: str, database: str) -> str:
        return f"postgresql://{user}:{password}@{LOOPBACK}:{self.postgres_port}/{database}"


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
            _describe_for_others(stack)
            cleanup.callback((state_dir / DESCRIPTION_FILE).unlink, missing_ok=True)
        yield stack


@contextmanager
def joined_stack(state_dir: Path) -> Iterator[Stack]:
    """The stack of a state directory: a running one that is joinable, and goes on running, else one for the block.

    :raises StackError: as running_stack, and when BDA_PG_PROFILE names another profile than the running server has
    """
    described = state_dir / DESCRIPTION_FILE
    if lock.holder(state_dir) is None or not described.exists():
        with running_stack(state_dir) as stack:
            yield stack
    else:
        servers = json.loads(described.read_text(encoding="utf-8"))
        bindir = Path(servers.pop("postgres_bindir"))
        profile = Profile(servers.pop("postgres_profile"))
        require_profile(profile)
        yield Stack(
            state_dir,
            postgres_bindir=bindir,
            postgres_profile=profile,
            credentials=load_or_create(state_dir),
            **servers,
        )


def _start(state_dir: Path, user: RunUser | None, cleanup: ExitStack, *, ephemeral: bool, profile: Profile) -> Stack:
    (state_dir / DESCRIPTION_FILE).unlink(missing_ok=True)
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
    create_role_and_database(stack.admin_dsn("postgres"), credentials.role_password)
    return stack


def _describe_for_others(stack: Stack) -> None:
    """Leave a note for `joined_stack`: where the servers are; the secrets are in their own file."""
    servers = {
        "postgres_port": stack.postgres_port,
        "postgres_version": stack.postgres_version,
        "postgres_bindir": str(stack.postgres_bindir),
        "postgres_pid": stack.postgres_pid,
        "postgres_profile": stack.postgres_profile.value,
        "s3_url": stack.s3_url,
        "s3_pid": stack.s3_pid,
    }
    (stack.state_dir / DESCRIPTION_FILE).write_text(json.dumps(servers), encoding="utf-8")
