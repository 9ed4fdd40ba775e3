"""A command of `local` that goes on until it is ended, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import time
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

    def wait_until_children(self, is_wanted: Callable[[str], bool]) -> None:
        """Return as soon as a process is wanted by its command line; remember the processes."""
        program = psutil.Process(self.process.pid)
        while not any(is_wanted(_words(child)) for child in self.children):
            assert self.process.poll() is None, self.process.communicate()[0]
            self.children = program.children(recursive=True)
            time.sleep(0.1)

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


def _words(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


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
