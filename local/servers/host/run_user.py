"""The account the servers run under: PostgreSQL refuses root, so root picks an unprivileged one."""

from __future__ import annotations

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from local.errors import StackError

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class RunUser:
    """An account of this machine that is not root."""

    name: str
    uid: int
    gid: int


def run_user() -> RunUser | None:
    """The account for the servers when we are root; None: they run as whoever calls."""
    if os.geteuid() != 0:
        return None
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return RunUser(name, entry.pw_uid, entry.pw_gid)
    raise StackError(
        "Running as root needs an unprivileged account for the servers: expected one of "
        f"{', '.join(map(repr, CANDIDATES))} in /etc/passwd, found none. Add one, or run as a normal user."
    )


def can_enter(user: RunUser | None, directory: Path) -> bool:
    """Whether the user may reach what lies in an existing directory; access control lists are respected."""
    return _test(user, "-x", directory)


def can_execute(user: RunUser | None, program: Path) -> bool:
    """Whether the user may run a program where it is now."""
    return _test(user, "-x", program) and _test(user, "-r", program)


def make_private_directory(directory: Path, user: RunUser | None) -> Path:
    """Create a directory (if absent) that only the user may enter, and return it."""
    directory.mkdir(mode=0o700, exist_ok=True)
    directory.chmod(0o700)
    give_to(user, directory)
    return directory


def write_private_file(path: Path, text: str, user: RunUser | None) -> None:
    """Replace a file by one that only the user may read, without a moment in which others could."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    give_to(user, path)


def give_to(user: RunUser | None, path: Path) -> None:
    """Make the user the owner of a file or directory of ours."""
    if user:
        os.chown(path, user.uid, user.gid)


def _test(user: RunUser | None, flag: str, path: Path) -> bool:
    if user is None:
        return os.access(path, os.X_OK if flag == "-x" else os.R_OK)
    answer = subprocess.run(
        ["/bin/sh", "-c", f'test {flag} "$1"', "sh", str(path)],
        cwd="/",
        env={},
        user=user.uid,
        group=user.gid,
        extra_groups=[],
        check=False,
    )
    return answer.returncode == 0
