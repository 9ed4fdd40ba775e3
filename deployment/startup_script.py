"""The startup script of an environment: it exports the settings and does nothing else."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

HEADER = """\
#!/bin/sh
# Written by `make package` from deployment/environments/{name}.env: change that file, deploy, update the environment.
# Amazon MWAA sources this file and keeps the variables that are exported; a failing command, `exec` or `set -e` in it
# would end the container.
"""


def startup_script(name: str, exported: Mapping[str, str]) -> str:
    """The text of the script for the environment of this name, with Unix line ends."""
    lines = [f"export {variable}={shlex.quote(value)}" for variable, value in sorted(exported.items())]
    return HEADER.format(name=name) + "\n".join(lines) + "\n"
