"""Installs what only the other ways need, apart from the project's own packages."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
PACKAGES = REPO / "build" / "bench-packages"
REQUIREMENTS = REPO / "benchmarks" / "requirements.txt"


def install_packages() -> None:
    """Install DuckDB and pandas; where that fails their ways are left out, each with its reason."""
    uv = Path(sys.executable).with_name("uv")
    places: list[str | Path] = ["--target", PACKAGES, "--python", sys.executable]
    command = [uv, "pip", "install", "--quiet", *places, "-r", REQUIREMENTS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"DuckDB and pandas cannot be installed:\n{done.stderr.strip()}", flush=True)
