"""Command line of the embedded stack: `python -m local serve` until Ctrl-C, `stop`, `clean`."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

from local import lock
from local.errors import StackError
from local.stack import default_state_dir, running_stack

STOP_SECONDS = 60.0
REPOSITORY = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run one command; returns the exit code, 1 after an error in one line."""
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    parser.add_argument("command", choices=["serve", "stop", "clean"], help="run, end, or remove the stack")
    parser.add_argument("--state-dir", type=Path, help="where data and logs are kept (default: the checkout's)")
    parser.add_argument("--ephemeral", action="store_true", help="remove everything at the end")
    arguments = parser.parse_args()
    try:
        state_dir = arguments.state_dir or default_state_dir(REPOSITORY)
        if arguments.command == "serve":
            return _serve(state_dir, ephemeral=arguments.ephemeral)
        _stop(state_dir)
        if arguments.command == "clean":
            shutil.rmtree(state_dir, ignore_errors=True)
        return 0
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _serve(state_dir: Path, *, ephemeral: bool) -> int:
    with running_stack(state_dir, ephemeral=ephemeral, joinable=True) as stack:
        print(stack.describe())
        print("Running; Ctrl-C stops it.", flush=True)
        while True:
            signal.pause()


def _stop(state_dir: Path) -> None:
    """End the process that holds the stack; returns when its servers have ended."""
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


if __name__ == "__main__":
    raise SystemExit(main())
