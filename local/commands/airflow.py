"""`airflow`: any Airflow command in the project's environment, on the embedded servers where none are named."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from local.airflow.environment import caller_environment, names_own_metadata
from local.airflow.guard import guarded
from local.airflow.preparation import add_scale_argument, prepare
from local.airflow.process import AIRFLOW
from local.airflow.running_ui import require_no_other_scheduler
from local.servers.join import joined_stack

HELP = "run any Airflow command: airflow -- dags list"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the words of the Airflow command."""
    add_scale_argument(parser)
    parser.add_argument("words", nargs="*", metavar="-- WORD", help="the command for Airflow (default: --help)")


def main(arguments: argparse.Namespace, state_dir: Path) -> int:
    """Run the command; its exit code is ours."""
    caller = caller_environment()
    if arguments.words[:2] == ["dags", "test"] and not names_own_metadata(caller):
        require_no_other_scheduler(state_dir)
    with joined_stack(state_dir) as stack:
        environment = prepare(stack, caller, arguments.scale, progress=_to_stderr)
        command = [AIRFLOW, *(arguments.words or ["--help"])]
        with guarded(environment) as marked:
            return subprocess.run(command, env=marked, check=False).returncode


def _to_stderr(line: str) -> None:
    """Standard output belongs to the Airflow command."""
    print(line, file=sys.stderr)
