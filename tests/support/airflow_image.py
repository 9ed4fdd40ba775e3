"""An Airflow of another version or on another Python than that of the tests, in a virtual environment of its own."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from deployment.checkout import PLATFORMS
from deployment.requirements import lock_file
from tests.support.repository import REPO

MWAA_PYTHON = "3.12"
IMAGES = REPO / "build" / "airflows"
UV = str(Path(sys.executable).with_name("uv"))
NEWEST = "newest"
# What the newest release is installed with; the constraints of MWAA's images decide for their versions.
NEWEST_PACKAGES = "apache-airflow\n-r requirements.txt\n"


@dataclass(frozen=True)
class AirflowImage:
    """An installed Airflow.

    :param airflow: the version that was asked for, or NEWEST
    :param python: the version of Python, such as "3.12"
    """

    airflow: str
    python: str
    folder: Path

    @property
    def is_of_mwaa(self) -> bool:
        """Whether MWAA has such an image."""
        return self.airflow != NEWEST and self.python == MWAA_PYTHON

    def program(self, name: str) -> str:
        """The path of a program of the environment."""
        return str(self.folder / "bin" / name)

    def install(self, *arguments: str | Path) -> None:
        """Install further packages into it."""
        _uv("pip", "install", "--python", self.program("python"), *arguments)

    def installed(self) -> dict[str, str]:
        """The version of each installed package."""
        listed = _uv("pip", "freeze", "--python", self.program("python"))
        return dict(line.split("==") for line in listed.splitlines() if "==" in line)


def find_python(version: str) -> str | None:
    """The path of a Python of this version: on the PATH or one that pyenv has; None where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    candidates = [shutil.which(f"python{version}"), *map(str, sorted(pyenv.glob(f"versions/{version}.*/bin/python3")))]
    return next((each for each in candidates if each and _runs(each, version)), None)


def airflow_image(airflow: str, python: str, purpose: str) -> AirflowImage:
    """The environment, installed at its first use; kept for as long as what it is made of does not change.

    :param airflow: one of the versions of MWAA, with the packages of its image; or NEWEST, with the newest of all
    :param purpose: which tests it is for, since they may install more
    """
    interpreter = _python(python)
    lock = _newest_lock(python) if airflow == NEWEST else lock_file(PLATFORMS, airflow).read_text("utf-8")
    key = hashlib.sha256(f"{lock}{interpreter}".encode()).hexdigest()[:12]
    image = AirflowImage(airflow, python, IMAGES / f"{purpose}-airflow-{airflow}-python-{python}-{key}")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (IMAGES / "installing.lock").open("w") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if not (image.folder / "installed.txt").exists():
            _install(image, interpreter, lock)
    return image


def bare_image(package: str, folder: Path) -> AirflowImage:
    """An environment that holds this package without anything that it needs."""
    image = AirflowImage(package.partition("==")[2], MWAA_PYTHON, folder)
    _uv("venv", "--python", _python(MWAA_PYTHON), folder)
    image.install("--no-deps", package)
    return image


def _python(version: str) -> str:
    interpreter = find_python(version)
    assert interpreter, f"Python {version} is needed: install it, or let pyenv do so"
    return interpreter


def _install(image: AirflowImage, interpreter: str, lock: str) -> None:
    _uv("venv", "--clear", "--seed", "--python", interpreter, image.folder)
    listed = image.folder / "lock.txt"
    listed.write_text(lock, encoding="utf-8")
    image.install("-r", listed)
    listed.rename(image.folder / "installed.txt")


def _newest_lock(python: str) -> str:
    command = [UV, "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--python-version", python, "-"]
    found = subprocess.run(command, cwd=REPO, input=NEWEST_PACKAGES, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    return found.stdout


def _runs(interpreter: str, version: str) -> bool:
    """Whether it is what its name says: pyenv's shims fail where the version is not chosen."""
    words = [interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return done.stdout.strip() == version


def _uv(*words: str | Path) -> str:
    done = subprocess.run([UV, "--quiet", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
