"""Find and end processes by a variable in their environment, which all they start inherits."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress

import psutil

ORDERLY_SECONDS = 5.0
KILL_SECONDS = 10.0


def marked_processes(variable: str, value: str) -> list[psutil.Process]:
    """The running processes with this variable in their environment; never this one or those that have called it."""
    callers = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [each for each in psutil.process_iter() if each.pid not in callers and _has(each, variable, value)]


def end_marked_processes(variable: str, value: str) -> int:
    """End them, and what they start meanwhile; returns how many there were."""
    found = marked_processes(variable, value)
    _signal(found, signal.SIGTERM)
    psutil.wait_procs(found, timeout=ORDERLY_SECONDS)
    deadline = time.monotonic() + KILL_SECONDS
    while (left := marked_processes(variable, value)) and time.monotonic() < deadline:
        _signal(left, signal.SIGKILL)
        psutil.wait_procs(left, timeout=1)
    return len(found)


def _has(process: psutil.Process, variable: str, value: str) -> bool:
    with suppress(psutil.Error):
        return process.environ().get(variable) == value and process.status() != psutil.STATUS_ZOMBIE
    return False


def _signal(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)
