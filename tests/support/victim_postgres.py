"""A PostgreSQL server of its own for one test, which may kill it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from local.servers.binaries import find_postgres
from local.servers.host.processes import LOOPBACK
from local.servers.host.run_user import run_user
from local.servers.postgres.server import SUPERUSER, PostgresServer
from local.servers.stack import Stack
from tests.support.warehouse import Warehouse

PASSWORD = "secret"


@dataclass(frozen=True)
class VictimPostgres:
    """A running server, whose database `postgres` is the warehouse."""

    server: PostgresServer

    @property
    def warehouse(self) -> Warehouse:
        """The database, reached as the superuser; the port may change with a restart."""
        dsn = f"host={LOOPBACK} port={self.server.port} dbname=postgres user={SUPERUSER} password={PASSWORD}"
        environment = {
            "BDA_DB_HOST": LOOPBACK,
            "BDA_DB_PORT": str(self.server.port),
            "BDA_DB_NAME": "postgres",
            "BDA_DB_USER": SUPERUSER,
            "BDA_DB_PASSWORD": PASSWORD,
        }
        return Warehouse("postgres", dsn, dsn, environment)

    def kill(self) -> None:
        """End all processes of the server at once, unless that was done before."""
        if self.server.pid and psutil.pid_exists(self.server.pid):
            postmaster = psutil.Process(self.server.pid)
            for process in [postmaster, *postmaster.children(recursive=True)]:
                process.kill()

    def restart(self) -> None:
        """Start the server again after it was killed."""
        self.server.stop()
        self.server.start()


@contextmanager
def victim_postgres(stack: Stack) -> Iterator[VictimPostgres]:
    """A server for the block, with its data below those of the stack."""
    state_dir = stack.state_dir / "victim"
    state_dir.mkdir(exist_ok=True)
    state_dir.chmod(0o711)
    user = run_user()
    binaries = find_postgres(user, stack.state_dir / "programs")
    server = PostgresServer(state_dir, binaries, user, ephemeral=True, profile=stack.postgres_profile)
    server.prepare(PASSWORD)
    server.start()
    yield VictimPostgres(server)
    server.stop()
