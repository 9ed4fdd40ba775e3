"""Airflow as a child process that ends with this one, together with every process it has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from local.servers.processes import die_with_parent

AIRFLOW = str(Path(sys.executable).with_name("airflow"))
STOP_SECONDS = 15.0


@contextmanager
def airflow_process(
    arguments: Sequence[str], environment: Mapping[str, str], output: int | IO[str]
) -> Iterator[subprocess.Popen[str]]:
    """Run an Airflow command for the block; however the block ends, its whole process group is gone afterwards.

    :param output: where standard output and standard error go, as for ``subprocess.Popen``
    """
    process = subprocess.Popen(
        [AIRFLOW, *arguments],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    with suppress(ProcessLookupError):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
