"""The embedded PostgreSQL: a cluster with a password, its start and its orderly stop."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from pathlib import Path

from local.errors import StackError
from local.servers.binaries import PostgresBinaries
from local.servers.host import processes
from local.servers.host.run_user import RunUser, make_private_directory, write_private_file
from local.servers.host.signals import ending_signals_deferred
from local.servers.postgres.profiles import Profile

SUPERUSER = "postgres"
START_SECONDS = 60.0
START_ATTEMPTS = 3
# A fast shutdown, then an immediate one, then the kill that no process can refuse.
STOP_PLAN = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))

CONFIGURATION = {
    "listen_addresses": f"'{processes.LOOPBACK}'",
    # No Unix socket: its path would be too long in deep directories.
    "unix_socket_directories": "''",
    "password_encryption": "'scram-sha-256'",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "lc_messages": "'C'",
}
EPHEMERAL_CONFIGURATION = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


def stop_left_postgres(data_dir: Path) -> bool:
    """Stop the server of this data directory that a killed command has left running; returns whether there was one."""
    lines = _pid_file_lines(data_dir)
    left = processes.find_ours(int(lines[0]), data_dir) if lines and lines[0].isdigit() else None
    if left:
        processes.stop(left, STOP_PLAN)
    return left is not None


def _pid_file_lines(data_dir: Path) -> list[str]:
    try:
        return (data_dir / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


class PostgresServer:
    """One PostgreSQL server and its data directory below a state directory."""

    def __init__(
        self,
        state_dir: Path,
        binaries: PostgresBinaries,
        user: RunUser | None,
        *,
        ephemeral: bool,
        profile: Profile = Profile.TUNED,
    ) -> None:
        self.binaries = binaries
        self.profile = profile
        # The major version is part of the name: another major starts afresh instead of failing on old files.
        self.data_dir = state_dir / f"postgres-{binaries.major}"
        self.log = state_dir / "postgres.log"
        self.port = 0
        self._user = user
        self._ephemeral = ephemeral
        self._child: processes.Child | None = None

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._child.pid if self._child else None

    def prepare(self, password: str) -> None:
        """Stop a server left behind by a killed run, create the cluster if absent, configure it."""
        self._clear_stale()
        if not self.data_dir.exists():
            self._initialise(password)
        settings = CONFIGURATION | self.profile.settings | (EPHEMERAL_CONFIGURATION if self._ephemeral else {})
        text = "".join(f"{name} = {value}\n" for name, value in settings.items())
        write_private_file(self.data_dir / "postgresql.conf", text, self._user)

    def start(self) -> None:
        """Start on a free port and return when the server accepts connections; StackError shows its log."""
        for _ in range(START_ATTEMPTS):
            self.port = processes.free_ports(1)[0]
            child = self._launch("postgres", "-D", self.data_dir, "-p", str(self.port))
            if self._wait_until_ready(child):
                return
            self.stop()
        raise StackError(f"PostgreSQL did not start; '{self.log}' ends with:\n{processes.log_tail(self.log)}")

    def stop(self) -> None:
        """Stop the server; returns when its process has ended. Nothing happens when it does not run."""
        if self._child:
            processes.stop(self._child, STOP_PLAN)
            processes.end_group(self._child)
            self._child = None

    def _wait_until_ready(self, child: processes.Child) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while child.poll() is None and time.monotonic() < deadline:
            lines = self._pid_file_lines()
            if len(lines) >= 8 and lines[0] == str(child.pid) and lines[7].strip() == "ready":
                return True
            time.sleep(0.02)
        return False

    def _pid_file_lines(self) -> list[str]:
        return _pid_file_lines(self.data_dir)

    def _clear_stale(self) -> None:
        stop_left_postgres(self.data_dir)
        lines = self._pid_file_lines()
        if lines and lines[0].isdigit() and processes.is_alive(int(lines[0])):
            # Another program has the pid now, and PostgreSQL would take it for a running server. The file of
            # a dead pid stays: PostgreSQL checks by it that no process of the old server is left.
            (self.data_dir / "postmaster.pid").unlink(missing_ok=True)

    def _initialise(self, password: str) -> None:
        """Run initdb next to the final place and rename, so an interrupted one is never taken for whole."""
        partial = self.data_dir.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        make_private_directory(partial, self._user)
        password_file = partial.with_suffix(".password")
        write_private_file(password_file, password, self._user)
        account = ("-U", SUPERUSER, "-A", "scram-sha-256", f"--pwfile={password_file}")
        try:
            child = self._launch("initdb", "-D", partial, "--no-sync", *account, "-E", "UTF8", *self._locale_flags())
            succeeded = processes.succeeds(child, START_SECONDS)
        finally:
            self.stop()
            password_file.unlink(missing_ok=True)
        if not succeeded:
            raise StackError(f"initdb failed; '{self.log}' ends with:\n{processes.log_tail(self.log)}")
        partial.rename(self.data_dir)

    def _launch(self, program: str, *arguments: str | Path) -> processes.Child:
        with ending_signals_deferred():
            self._child = processes.start(
                [self.binaries.bindir / program, *arguments],
                directory=self.data_dir.parent,
                log=self.log,
                user=self._user,
                death_signal=signal.SIGINT,
            )
        return self._child

    def _locale_flags(self) -> list[str]:
        if self.binaries.major >= 17:
            # The same sort order and letter cases on every platform.
            return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        return ["--locale=C.UTF-8" if sys.platform == "linux" else "--locale=C"]
