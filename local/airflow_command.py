"""`make airflow`: any Airflow command in the project's environment, on the embedded stack where none is named."""

from __future__ import annotations

import subprocess
import sys

from local.airflow_environment import AIRFLOW, REPO, caller_environment, prepare
from local.errors import StackError
from local.stack import default_state_dir, joined_stack


def main() -> int:
    """Run the command of the arguments; its exit code is ours."""
    arguments = sys.argv[1:] or ["--help"]
    try:
        with joined_stack(default_state_dir(REPO)) as stack:
            environment = prepare(stack, caller_environment(), progress=_to_stderr)
            return subprocess.run([AIRFLOW, *arguments], env=environment, check=False).returncode
    except StackError as error:
        print(error, file=sys.stderr)
        return 2


def _to_stderr(line: str) -> None:
    """Standard output belongs to the Airflow command."""
    print(line, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
