"""One stack per state directory: a file lock that the system releases even when its holder is killed."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.errors import StackError

FILE_NAME = "lock"


@contextmanager
def exclusive(state_dir: Path) -> Iterator[None]:
    """Hold the lock of a state directory; StackError names the process that already holds it."""
    descriptor = os.open(state_dir / FILE_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StackError(
                f"The embedded stack of '{state_dir}' is already running, held by process "
                f"{_read_pid(descriptor)}. Use that one, or stop it first ('make stop')."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)


def holder(state_dir: Path) -> int | None:
    """The pid of the process that runs the stack of a state directory; None when none does."""
    try:
        descriptor = os.open(state_dir / FILE_NAME, os.O_RDWR)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read_pid(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)


def _read_pid(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0)
    return int(text) if text.isdigit() else None
