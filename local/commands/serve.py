"""`serve`: both servers, and nothing else, until Ctrl-C."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from local.servers.start import running_stack
from local.servers.watch import require_running

WATCH_SECONDS = 1.0
HELP = "run the PostgreSQL and the S3 server until Ctrl-C"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--ephemeral`."""
    parser.add_argument("--ephemeral", action="store_true", help="trade durability for speed and keep nothing")


def main(arguments: argparse.Namespace, state_dir: Path) -> int:
    """Serve until a signal ends the process.

    :raises EndedError: a server has ended by itself
    """
    with running_stack(state_dir, ephemeral=arguments.ephemeral, joinable=True) as stack:
        print(stack.describe())
        print("Running; Ctrl-C stops it.", flush=True)
        while True:
            require_running(stack)
            time.sleep(WATCH_SECONDS)
