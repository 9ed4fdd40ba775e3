"""Start a server that ends with this process, stop it in order, find one that a killed process left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

from local.servers.host.run_user import RunUser

LOOPBACK = "127.0.0.1"
LOG_TAIL_LINES = 15
GROUP_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1

Child = subprocess.Popen[bytes]
SignalPlan = Sequence[tuple[signal.Signals, float]]


def start(
    command: Sequence[str | Path],
    *,
    directory: Path,
    log: Path,
    user: RunUser | None,
    death_signal: signal.Signals,
    environment: Mapping[str, str] | None = None,
) -> Child:
    """Start a server in a session of its own, with a minimal environment and its output in `log`.

    On Linux the kernel sends `death_signal` to it when the calling thread ends, however it ends: call from
    the main thread.
    """
    with log.open("wb") as output:
        log.chmod(0o600)
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env=clean_environment(directory) | dict(environment or {}),
            start_new_session=True,
            preexec_fn=die_with_parent(death_signal),
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )


def clean_environment(home: Path) -> dict[str, str]:
    """The environment of a server: nothing of the caller's PG*, AWS_*, LD_* or locale reaches it."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": str(home)}


def stop(child: Child | psutil.Process, plan: SignalPlan) -> None:
    """Send each signal of the plan in turn, waiting its seconds, until the process has ended."""
    for number, seconds in plan:
        with contextlib.suppress(psutil.NoSuchProcess):
            child.send_signal(number)
        try:
            child.wait(timeout=seconds)
        except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
            continue
        return


def succeeds(child: Child, seconds: float) -> bool:
    """Whether a program ends with exit code 0 within the seconds."""
    try:
        return child.wait(timeout=seconds) == 0
    except subprocess.TimeoutExpired:
        return False


def end_group(child: Child) -> None:
    """Kill what is left of the session of a child that has ended, so nobody writes its files any more."""
    deadline = time.monotonic() + GROUP_SECONDS
    with contextlib.suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(child.pid, signal.SIGKILL)
            time.sleep(0.01)


def find_ours(pid: int, directory: Path) -> psutil.Process | None:
    """The process with this pid, if its command line names `directory`; a reused pid is never ours."""
    try:
        process = psutil.Process(pid)
        words = process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
    return process if any(word.removeprefix("-dir=") == str(directory) for word in words) else None


def is_running(pid: int) -> bool:
    """Whether the process with this pid runs; one that has ended and was not waited for does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def listens(pid: int, port: int) -> bool:
    """Whether the process with this pid, or one it has started, listens on the port."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        connections = [each for one in (process, *process.children()) for each in one.net_connections("inet")]
        return any(each.status == psutil.CONN_LISTEN and each.laddr.port == port for each in connections)
    return False


def is_alive(pid: int) -> bool:
    """Whether any process has this pid."""
    return psutil.pid_exists(pid)


def free_ports(count: int) -> list[int]:
    """Different ports that nobody listens on at this moment, on the loopback address."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        return [each.getsockname()[1] for each in sockets]


def free_port_pair(distance: int) -> list[int]:
    """Two free ports with a fixed distance between them."""
    while True:
        first = free_ports(1)[0]
        with contextlib.suppress(OSError, OverflowError), socket.socket() as second:
            second.bind((LOOPBACK, first + distance))
            return [first, first + distance]


def log_tail(log: Path) -> str:
    """The last lines of a server's log, indented for an error message."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.exists() else []
    return "\n".join(f"    {line}" for line in lines[-LOG_TAIL_LINES:]) or "    (the log is empty)"


def die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """What a child runs before its program, so that the kernel signals it when we end; nothing but on Linux."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def arm() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(death_signal))
        # The parent may have died before the line above took effect.
        if os.getppid() != parent:
            os._exit(1)

    return arm
