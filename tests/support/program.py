"""A command of `local` that goes on until it is ended, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from tests.support.checkout import command
from tests.support.repository import REPO

END_SECONDS = 60


class Program:
    """The process of the command, what it has printed, and the processes it has started."""

    def __init__(self, *words: str | Path, cwd: Path = REPO, environment: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            command(*words),
            cwd=cwd,
            env=dict(environment or os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""
        self.children: list[psutil.Process] = []

    def wait_until(self, word: str) -> None:
        """Read what the program prints until a line begins with `word`; remember its processes."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.output += line
            if line.startswith(word):
                break
        self.children = psutil.Process(self.process.pid).children(recursive=True)

    def wait_for_file(self, directory: Path, pattern: str) -> None:
        """Return as soon as a file exists that shows how far the start has come; remember the processes."""
        while not list(directory.glob(pattern)) and self.process.poll() is None:
            pass
        self.children = psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=END_SECONDS)

    def running_children(self) -> list[psutil.Process]:
        """Those of the remembered processes that run at this moment."""
        return [child for child in self.children if child.is_running()]

    def survivors(self) -> list[psutil.Process]:
        """Those of the remembered processes that are still there after some time."""
        return psutil.wait_procs(self.children, timeout=END_SECONDS)[1]


Start = Callable[..., Program]


@contextmanager
def started_programs() -> Iterator[Start]:
    """What starts programs, with the arguments of Program; those still running at the end of the block are killed."""
    started: list[Program] = []

    def start(*words: str | Path, cwd: Path = REPO, environment: Mapping[str, str] | None = None) -> Program:
        started.append(Program(*words, cwd=cwd, environment=environment))
        return started[-1]

    yield start
    for program in started:
        for process in [*program.children, program.process]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        program.process.communicate(timeout=END_SECONDS)
