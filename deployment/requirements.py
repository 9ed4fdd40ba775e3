"""What MWAA installs, so that it needs no internet: constraints beside the DAGs, wheels among the plugins."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from deployment.errors import DeploymentError

# What their name begins with, which ends with the version of Airflow.
CONSTRAINTS = "constraints"
WHEELS = "wheels"
PYTHON = "3.12"
# The systems whose wheels the image of MWAA (Amazon Linux 2023) can run.
SYSTEMS = ("manylinux2014_x86_64", "manylinux_2_17_x86_64", "manylinux_2_28_x86_64")
HEADER = f"""\
# Written by `make package`. Everything is in the image of MWAA or comes with this package: nothing is downloaded.
--constraint "/usr/local/airflow/dags/{{constraints}}"
--find-links "/usr/local/airflow/plugins/{WHEELS}"
--no-index
"""


def mwaa_requirements(requirements: Path, constraints: str) -> str:
    """The requirements file of the package, from the project's own.

    :param constraints: name of their file in the DAGs folder; an upgrade brings another one, so that old and new
        requirements each meet their own while an update replaces the containers
    """
    return HEADER.format(constraints=constraints) + "\n".join(_lines(requirements)) + "\n"


def constraints_file(platforms: Path, version: str) -> Path:
    """The constraints of MWAA's image of this version of Airflow.

    :raises DeploymentError: the project has none
    """
    return _file_of(platforms, CONSTRAINTS, version)


def lock_file(platforms: Path, version: str) -> Path:
    """Everything that is installed where this version of Airflow runs, with hashes; `make lock` writes it.

    :raises DeploymentError: the project has none
    """
    return _file_of(platforms, "lock", version)


def image_file(platforms: Path) -> Path:
    """The packages that the images of MWAA have, as far as the pipeline meets them."""
    return platforms / "image.in"


def fetch_wheels(requirements: Path, image: Path, lock: Path, folder: Path) -> list[Path]:
    """The wheels of those required packages that the image does not have.

    They are downloaded once, by the hashes of the lock.

    :param image: names the packages that it has
    :raises DeploymentError: a package is not locked, or cannot be had
    """
    in_image = {_name(line) for line in _lines(image)}
    missing = [name for line in _lines(requirements) if (name := _name(line)) not in in_image]
    locked = dict(_locked(name, lock) for name in missing)
    folder.mkdir(parents=True, exist_ok=True)
    wheels = [_wheel(pin, hashes, folder) for pin, hashes in locked.items()]
    if not all(wheels):
        _download(locked.values(), folder)
        wheels = [_wheel(pin, hashes, folder) for pin, hashes in locked.items()]
    return [wheel for wheel in wheels if wheel]


def _file_of(platforms: Path, kind: str, version: str) -> Path:
    path = platforms / f"{kind}-{version}.txt"
    if not path.is_file():
        known = ", ".join(sorted(each.stem.partition("-")[2] for each in platforms.glob(f"{kind}-*.txt")))
        raise DeploymentError(f"MWAA_VERSION {version} is not supported: expected one of {known}")
    return path


def _lines(requirements: Path) -> list[str]:
    lines = map(str.strip, requirements.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _name(line: str) -> str:
    """The package that a requirement is of, without extras and version."""
    return re.split(r"[\[=<>~! ]", line)[0]


def _locked(name: str, lock: Path) -> tuple[str, str]:
    """The locked version of a package, as ``name==version``, and its lines in the lock."""
    pattern = rf"^({re.escape(name)}==\S+) \\\n(?:    --hash=\S+(?: \\)?\n)+"
    found = re.search(pattern, lock.read_text("utf-8"), re.MULTILINE)
    if not found:
        raise DeploymentError(f"'{name}' of requirements.txt is not in '{lock}': run make lock")
    return found[1], found[0]


def _wheel(pin: str, locked: str, folder: Path) -> Path | None:
    """The wheel of a package that is in the folder already, and is the locked one."""
    name, _, version = pin.partition("==")
    tag = f"cp{PYTHON.replace('.', '')}"
    found = sorted(folder.glob(f"{name.replace('-', '_')}-{version}-{tag}-*.whl"))
    return next((wheel for wheel in found if hashlib.sha256(wheel.read_bytes()).hexdigest() in locked), None)


def _download(locked: Iterable[str], folder: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--require-hashes",
    ]
    command += ["--python-version", PYTHON, *(f"--platform={system}" for system in SYSTEMS)]
    listed = folder / "wanted.txt"
    listed.write_text("".join(locked), encoding="utf-8")
    command += [f"--dest={folder}", f"--requirement={listed}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise DeploymentError(
            f"The wheels for MWAA could not be downloaded from the package registry:\n{done.stderr.strip()}"
        )
