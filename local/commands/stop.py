"""`stop`: end the process that holds the stack of a state directory, and its servers with it."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import time
from pathlib import Path

from local.errors import StackError
from local.servers import lock

HELP = "end what another command of this checkout has running"
STOP_SECONDS = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none of its own."""


def main(_arguments: argparse.Namespace, state_dir: Path) -> int:
    """Stop; returns when the servers have ended."""
    stop_stack(state_dir)
    return 0


def stop_stack(state_dir: Path) -> None:
    """Ask the holder of the stack to end, and wait for it.

    :raises StackError: it has not ended in time
    """
    pid = lock.holder(state_dir)
    if pid is None:
        print("No stack is running.")
        return
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while lock.holder(state_dir) == pid:
        if time.monotonic() > deadline:
            raise StackError(f"Process {pid} did not stop its servers within {STOP_SECONDS:.0f} seconds.")
        time.sleep(0.05)
    print(f"Stopped process {pid} and its servers.")
