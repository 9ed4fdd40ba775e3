"""Tells how much CPU a PostgreSQL server has spent for its clients."""

from __future__ import annotations

import time

import psutil

SETTLE_SECONDS = 10.0
# PostgreSQL 18 reads for its backends in these, which live as long as the server. The other permanent processes write,
# and an export changes nothing.
READERS = "io worker"
# Part of the title of each process that serves a client: no client of the bench comes from elsewhere.
CLIENT = "127.0.0.1"


class ServerCpu:
    """Reads the CPU time of one server.

    :param pid: of the server's first process
    """

    def __init__(self, pid: int) -> None:
        self._server = psutil.Process(pid)

    def settled_seconds(self) -> float:
        """CPU seconds of the ended processes and of the living readers, once no client is served any more.

        The server adds the time of a process to its own account when it sees its end.
        """
        deadline = time.monotonic() + SETTLE_SECONDS
        while any(_is_backend(child) for child in self._server.children()) and time.monotonic() < deadline:
            time.sleep(0.02)
        ended = self._server.cpu_times()
        readers = (_seconds(child) for child in self._server.children() if READERS in _title(child))
        return float(ended.children_user + ended.children_system) + sum(readers)


def _is_backend(process: psutil.Process) -> bool:
    """Whether it serves a client, or has ended and the server has not counted its time yet."""
    title = _title(process)
    return not title or CLIENT in title


def _title(process: psutil.Process) -> str:
    """What the process calls itself; nothing for one that has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
