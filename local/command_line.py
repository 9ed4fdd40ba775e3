"""Run the pipeline, Airflow or only the servers on this machine, with a real PostgreSQL and a real S3 server."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from billing_aggregator.errors import BillingAggregatorError
from local.checkout import REPO
from local.commands import airflow, clean, compare, health, run, serve, stop, summary, ui
from local.errors import EndedError, StackError
from local.servers.host.state_directory import default_state_dir
from postgres_to_s3.errors import ExportError

FAILED = 1
COULD_NOT_START = 2
INTERRUPTED = 130
EXIT_CODES = """\
exit codes:
  0    done
  1    the run failed, the sides of a comparison differ, or a server or Airflow ended by itself
  2    could not start: the message says what is wrong and what to do
  130  ended by Ctrl-C
"""


class Command(Protocol):
    """What the module of a command holds."""

    @property
    def HELP(self) -> str:  # noqa: N802
        """One line that says what the command does."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments of this command."""

    def main(self, arguments: argparse.Namespace, state_dir: Path) -> int:
        """Do it; returns the exit code."""


COMMANDS: dict[str, Command] = {
    "run": run,
    "ui": ui,
    "airflow": airflow,
    "health": health,
    "serve": serve,
    "compare": compare,
    "summary": summary,
    "stop": stop,
    "clean": clean,
}


def main(words: Sequence[str] | None = None) -> int:
    """Run the command that the words name; returns the exit code, see EXIT_CODES."""
    arguments = _parser().parse_args(words)
    try:
        state_dir = (arguments.state_dir or default_state_dir(REPO)).absolute()
        return COMMANDS[arguments.command].main(arguments, state_dir)
    except EndedError as error:
        print(error, file=sys.stderr)
        return FAILED
    except (StackError, BillingAggregatorError, ExportError) as error:
        print(error, file=sys.stderr)
        return COULD_NOT_START
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local",
        description=__doc__,
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="command", required=True)
    for name, command in COMMANDS.items():
        sentence = f"{command.HELP[0].upper()}{command.HELP[1:]}."
        subparser = commands.add_parser(name, help=command.HELP, description=sentence)
        subparser.add_argument(
            "--state-dir", type=Path, metavar="DIR", help="where data, passwords and logs are kept (default: .local)"
        )
        command.add_arguments(subparser)
    return parser
