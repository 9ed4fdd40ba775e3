"""The script trees that are timed side by side: this checkout's, and that of another git revision."""

from __future__ import annotations

import runpy
import subprocess
import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from benchmarks.packages import REPO

SCRIPTS = Path("include") / "sql"
SESSION = Path("plugins") / "billing_aggregator" / "scripts" / "session.py"
# What a session had before its settings were declared in one place.
OLDEST_OPTIONS = "-c client_connection_check_interval=10s"


@dataclass(frozen=True)
class Revision:
    """Scripts of one state of the repository, and how the pipeline of that state opens their sessions.

    :param name: shown in the tables; nothing for this checkout
    :param scripts: the root of the tree
    :param session_options: as libpq takes them
    """

    name: str
    scripts: Path
    session_options: str


def this_checkout() -> Revision:
    """The scripts as they lie in this checkout, committed or not."""
    return Revision("", REPO / SCRIPTS, _session_options(REPO))


def revision(name: str, folder: Path) -> Revision:
    """The scripts of a git revision, written below a folder.

    :raises subprocess.CalledProcessError: git does not know it; the error's stderr says why
    """
    root = folder / "revision"
    archive = subprocess.run(
        ["git", "archive", "--format=tar", name, "--", "include/sql", "plugins"],
        cwd=REPO,
        capture_output=True,
        check=True,
    )
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(root, filter="data")
    return Revision(name, root / SCRIPTS, _session_options(root))


def _session_options(root: Path) -> str:
    module = root / SESSION
    return str(runpy.run_path(str(module))["SESSION_OPTIONS"]) if module.exists() else OLDEST_OPTIONS
