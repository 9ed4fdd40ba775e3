"""What an Airflow command needs before it starts: the sample data and a metadata database of the right version."""

from __future__ import annotations

import argparse
import importlib.metadata
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from local.airflow.environment import OWN_METADATA, names_own_warehouse, pipeline_environment
from local.airflow.process import AIRFLOW
from local.errors import StackError
from local.sample.loader import load_sample_warehouse
from local.servers.stack import Stack


def add_scale_argument(parser: argparse.ArgumentParser) -> None:
    """Declare `--scale`."""
    parser.add_argument(
        "--scale", type=float, default=1.0, metavar="N", help="size of the sample data: 1 is about 50,000 charges"
    )


def prepare(
    stack: Stack, caller: Mapping[str, str], scale: float, progress: Callable[[str], None] = print
) -> dict[str, str]:
    """Load the sample data and Airflow's metadata database where the embedded ones are used.

    :return: the environment of the Airflow command to come
    :raises StackError: one of the two could not be loaded
    """
    environment = pipeline_environment(stack, caller)
    if not names_own_warehouse(caller):
        load_sample_warehouse(stack.admin_dsn(), scale, progress=progress)
    if not any(caller.get(name) for name in OWN_METADATA):
        _migrate_metadata(environment, log_file(stack.state_dir, "migrate"))
    return environment


def log_file(state_dir: Path, name: str) -> Path:
    """Where the output of a command goes that is too long for the terminal."""
    folder = state_dir / "logs"
    folder.mkdir(exist_ok=True)
    return folder / f"{name}.log"


def _migrate_metadata(environment: Mapping[str, str], log: Path) -> None:
    """Create or upgrade the metadata database of this checkout, once for each version of Airflow."""
    done = Path(environment["AIRFLOW_HOME"]) / f"migrated-{importlib.metadata.version('apache-airflow')}"
    if done.exists():
        return
    with log.open("w", encoding="utf-8") as output:
        command = [AIRFLOW, "db", "migrate"]
        migrated = subprocess.run(command, env=dict(environment), stdout=output, stderr=subprocess.STDOUT, check=False)
    if migrated.returncode:
        raise StackError(f"Airflow's metadata database could not be created: see {log}")
    done.touch()
