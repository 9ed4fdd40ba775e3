"""Guards a deployment: DAG files and packages are of one release, on an Airflow that they know, and kept apart."""

from __future__ import annotations

import re
from importlib.metadata import version
from pathlib import Path

from billing_aggregator import __version__
from billing_aggregator.errors import ReleaseError

LOWEST_AIRFLOW = (3, 2)
PACKAGES = ("billing_aggregator", "postgres_to_s3")
PLUGINS = Path(__file__).resolve().parents[1]


def check_release(expected: str, airflow: str | None = None, plugins: Path = PLUGINS) -> None:
    """Check what a DAG file needs, before it does anything.

    :param expected: the release of the DAG file
    :param airflow: version of Airflow, by default that of the installed one
    :param plugins: the folder that holds the packages
    :raises ReleaseError: names what was expected, what was found and what to do
    """
    airflow = airflow or version("apache-airflow-core")
    problems = []
    if tuple(map(int, re.findall(r"\d+", airflow)[:2])) < LOWEST_AIRFLOW:
        lowest = ".".join(map(str, LOWEST_AIRFLOW))
        problems.append(f"expected Airflow {lowest} or later, found {airflow}: choose such an environment")
    if expected != __version__:
        problems.append(
            f"the DAG files are of release {expected}, the packages of {__version__}: upload plugins.zip and the DAG"
            " files of one release, then update the environment"
        )
    missing = [package for package in PACKAGES if package not in _ignored(plugins)]
    if missing:
        problems.append(
            f"'{plugins / '.airflowignore'}' does not name {' and '.join(missing)}: Airflow would load each of their"
            " modules as a plugin. Zip the folder with its hidden file: cd plugins && zip -r ../plugins.zip ."
        )
    if problems:
        raise ReleaseError(problems)


def _ignored(plugins: Path) -> set[str]:
    try:
        lines = (plugins / ".airflowignore").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return set()
    return {line.strip().strip("/") for line in lines}
