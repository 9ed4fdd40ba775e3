"""A checkout of its own, in which a test calls the project's command line as a newcomer does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.repository import REPO
from tests.support.scratch import scratch_directory

FOLDERS = ("dags", "include", "plugins", "local")
CLEARED_PREFIXES = ("AIRFLOW", "PYTHONPATH")
COMMAND_SECONDS = 200


@dataclass(frozen=True)
class Checkout:
    """A copy of the project's files."""

    root: Path

    @property
    def state_dir(self) -> Path:
        """Where this checkout keeps its servers' data and logs."""
        return self.root / ".local"

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m local` with these words to its end, with these variables set by the caller."""
        return subprocess.run(
            command(*words),
            cwd=self.root,
            env=self.environment(**variables),
            text=True,
            capture_output=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )

    @staticmethod
    def environment(**variables: str) -> dict[str, str]:
        """The environment of a caller who has set nothing but these variables."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHONPATH"))
        }
        return {**inherited, "PYTHONUNBUFFERED": "1", **variables}


def command(*words: str | Path) -> list[str]:
    """The command line of `local`, run by this Python."""
    return [sys.executable, "-m", "local", *map(str, words)]


@contextmanager
def temporary_checkout() -> Iterator[Checkout]:
    """A checkout for the block."""
    root = scratch_directory("billing-checkout-")
    for folder in FOLDERS:
        shutil.copytree(REPO / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    yield Checkout(root)
    shutil.rmtree(root)
