"""Writes the package: what MWAA's bucket holds, with a bill of materials and checksums."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from billing_aggregator import __version__
from deployment.bill_of_materials import bill_of_materials
from deployment.checkout import DOWNLOADS, ENVIRONMENTS, PLATFORMS, REPO
from deployment.files import deployed_files, write_zip
from deployment.requirements import (
    WHEELS,
    constraints_file,
    fetch_wheels,
    image_file,
    lock_file,
    mwaa_requirements,
)
from deployment.settings_file import DeploymentSettings, read_settings
from deployment.startup_script import startup_script

DAGS = "dags"
PLUGINS = "plugins.zip"
REQUIREMENTS = "requirements.txt"
STARTUP = "startup.sh"
BILL = "bom.cdx.json"
SUMMARY = "package.json"
CHECKSUMS = "SHA256SUMS"


@dataclass(frozen=True)
class Package:
    """A package that was written.

    :param folder: where it is
    :param release: version of the project
    :param settings: the environment it is for
    :param checksums: SHA-256 of each file, by its path in the folder
    """

    folder: Path
    release: str
    settings: DeploymentSettings
    checksums: dict[str, str]


def write_package(folder: Path, environment: str, checkout: Path = REPO, environments: Path = ENVIRONMENTS) -> Package:
    """Write the package of an environment into the folder, in place of what was there.

    :raises DeploymentError: the settings are wrong, or a wheel cannot be had
    """
    settings = read_settings(environments, environment)
    constraints = constraints_file(PLATFORMS, settings.target.version)
    lock = lock_file(PLATFORMS, settings.target.version)
    wheels = fetch_wheels(checkout / REQUIREMENTS, image_file(PLATFORMS), lock, DOWNLOADS)
    shutil.rmtree(folder, ignore_errors=True)
    _copy(deployed_files(checkout / "dags"), folder / DAGS)
    _copy(deployed_files(checkout / "include" / "sql"), folder / DAGS / "include" / "sql")
    shutil.copyfile(constraints, folder / DAGS / constraints.name)
    plugins = deployed_files(checkout / "plugins") | {f"{WHEELS}/{wheel.name}": wheel for wheel in wheels}
    write_zip(folder / PLUGINS, plugins)
    requirements = mwaa_requirements(checkout / REQUIREMENTS, constraints.name)
    (folder / REQUIREMENTS).write_text(requirements, encoding="utf-8")
    (folder / STARTUP).write_text(startup_script(environment, settings.exported), encoding="utf-8")
    digests = [(wheel.name, hashlib.sha256(wheel.read_bytes()).hexdigest()) for wheel in wheels]
    (folder / BILL).write_text(bill_of_materials(__version__, lock, digests), encoding="utf-8")
    summary = {"release": __version__, "environment": environment, "airflow": settings.target.version}
    (folder / SUMMARY).write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return Package(folder, __version__, settings, _write_checksums(folder))


def write_archive(package: Package, path: Path) -> None:
    """Pack all files of the package into one zip, in a folder named after it; its checksums hold in there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    names = (*package.checksums, CHECKSUMS)
    write_zip(path, {f"{path.stem}/{name}": package.folder / name for name in names})


def _copy(files: dict[str, Path], target: Path) -> None:
    for name, source in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target / name)


def _write_checksums(folder: Path) -> dict[str, str]:
    """Write them in the format of `sha256sum --check`."""
    files = {each.relative_to(folder).as_posix(): each for each in folder.rglob("*") if each.is_file()}
    checksums = {name: hashlib.sha256(files[name].read_bytes()).hexdigest() for name in sorted(files)}
    lines = [f"{digest}  {name}\n" for name, digest in checksums.items()]
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    return checksums
