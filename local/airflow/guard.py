"""Outlives the command that has started it, and ends the Airflow processes that the command would leave behind.

Called as `python -m local.airflow.guard <owner>`, with a pipe as standard input. The system closes the pipe when the
command ends, however it ends.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.airflow.marked_processes import end_marked_processes
from local.checkout import REPO

OWNER_VARIABLE = "LOCAL_AIRFLOW_OWNER"
HOME_VARIABLE = "LOCAL_AIRFLOW_HOME"


@contextmanager
def guarded(environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """An environment for processes that end with the block, and with this process, even by `kill -9`."""
    owner = f"{os.getpid()}-{time.time_ns()}"
    command = [sys.executable, "-m", __name__, owner]
    # Leaving the inner block closes the pipe and waits until the guard has done its work.
    with subprocess.Popen(command, cwd=REPO, stdin=subprocess.PIPE, start_new_session=True):
        yield {
            **environment,
            OWNER_VARIABLE: owner,
            HOME_VARIABLE: environment["AIRFLOW_HOME"],
            # Else Airflow's processes write their titles over their environment, and so lose their marks.
            "SPT_NOENV": "1",
        }


def end_left_processes(home: Path) -> int:
    """End the processes of this Airflow home that a command and its guard have left behind; returns their number."""
    return end_marked_processes(HOME_VARIABLE, str(home))


def main() -> None:
    """Wait for the end of the command, then end its processes."""
    sys.stdin.buffer.read()
    end_marked_processes(OWNER_VARIABLE, sys.argv[1])


if __name__ == "__main__":
    main()
