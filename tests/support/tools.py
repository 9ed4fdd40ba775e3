"""Calls the programs of .venv-tools, which look at the repository from outside."""

from __future__ import annotations

import subprocess

from tests.support.repository import REPO

TOOLS = REPO / ".venv-tools" / "bin"


def run_tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program in the repository; what it printed, errors included, is in ``stdout``."""
    return subprocess.run(
        [str(TOOLS / name), *arguments],
        cwd=REPO,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=120,
    )
