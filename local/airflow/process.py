"""Airflow commands as child processes that end with this one, together with every process they have started."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from local.airflow.guard import guarded

AIRFLOW = str(Path(sys.executable).with_name("airflow"))
STOP_SECONDS = 15.0

AirflowProcess = subprocess.Popen[str]


class AirflowProcesses:
    """Starts Airflow commands, each in a session of its own, so that Ctrl-C reaches only this process."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._started: list[AirflowProcess] = []

    def start(
        self, arguments: Sequence[str], output: int | IO[str], settings: Mapping[str, str] | None = None
    ) -> AirflowProcess:
        """Start one.

        :param output: where standard output and standard error go, as for ``subprocess.Popen``
        :param settings: variables for this one only
        """
        process = subprocess.Popen(
            [AIRFLOW, *arguments],
            env={**self._environment, **(settings or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def stop(self) -> None:
        """Ask all of them to end, and wait some time for it."""
        for process in self._started:
            process.terminate()
        deadline = time.monotonic() + STOP_SECONDS
        for process in self._started:
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))


@contextmanager
def airflow_processes(environment: Mapping[str, str]) -> Iterator[AirflowProcesses]:
    """What starts Airflow commands; nothing of them is left after the block, nor after a kill of this process."""
    with guarded(environment) as marked:
        processes = AirflowProcesses(marked)
        try:
            yield processes
        finally:
            processes.stop()
