"""`clean`: stop the stack and remove its state directory with data, passwords and logs."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from local.commands.stop import stop_all
from local.servers.host.state_directory import require_ours

HELP = "stop the servers and remove their data, passwords and logs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """There are none of its own."""


def main(_arguments: argparse.Namespace, state_dir: Path) -> int:
    """Stop and remove.

    :raises StackError: the directory holds what no command of ours has put there
    """
    require_ours(state_dir)
    stop_all(state_dir)
    shutil.rmtree(state_dir, ignore_errors=True)
    return 0
