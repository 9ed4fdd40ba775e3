"""The servers that scripts are timed on: each PostgreSQL there is, tuned and with PostgreSQL's own defaults."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.servers.binaries import BINDIR_VARIABLE, DEBIAN_ROOT
from local.servers.postgres.profiles import Profile
from local.servers.stack import Stack
from local.servers.start import running_stack


@dataclass(frozen=True)
class SqlServer:
    """A version of PostgreSQL with a set of performance settings.

    :param bindir: its programs; None: those of the embedded server
    """

    bindir: Path | None
    profile: Profile

    @contextmanager
    def running(self, state_dir: Path) -> Iterator[Stack]:
        """The server, for the block."""
        kept = os.environ.get(BINDIR_VARIABLE)
        if self.bindir:
            os.environ[BINDIR_VARIABLE] = str(self.bindir)
        try:
            with running_stack(state_dir, ephemeral=True, profile=self.profile) as stack:
                yield stack
        finally:
            os.environ.pop(BINDIR_VARIABLE, None)
            if kept is not None:
                os.environ[BINDIR_VARIABLE] = kept


def sql_servers(profiles: Sequence[str]) -> list[SqlServer]:
    """The server that tests use, and those of the system, once for each profile."""
    others = [path / "bin" for path in sorted(DEBIAN_ROOT.glob("*")) if (path / "bin" / "postgres").exists()]
    chosen = os.environ.get(BINDIR_VARIABLE)
    bindirs = [None, *(path for path in others if str(path) != chosen)]
    return [SqlServer(bindir, Profile(profile)) for bindir in bindirs for profile in profiles]
