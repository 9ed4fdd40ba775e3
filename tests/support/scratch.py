"""Where the tests keep their servers' files: in memory where there is room, since tests create thousands of tables."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - only the parent of a directory with a random name
NEEDED_BYTES = 6 * 1024**3


def scratch_directory(prefix: str) -> Path:
    """A new directory for the servers' account to enter; the caller removes it.

    Not below pytest's own temporary directory: that one is closed to other accounts.
    """
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free >= NEEDED_BYTES
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir=MEMORY if has_room else None))
    directory.chmod(0o755)
    return directory
