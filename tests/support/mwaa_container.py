"""A container of Amazon MWAA without Docker: an empty home that is filled and started by MWAA's rules.

The rules are those of the images in aws/amazon-mwaa-docker-images: what lies where, how the startup script is read,
in which order the environment is merged, and how requirements are installed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployment.requirements import WHEELS
from tests.support.airflow_image import AirflowImage

MWAA_HOME = "/usr/local/airflow"
MINUTES = 60
# What MWAA sets unless the startup script or the console does.
OPINIONS = {
    "AIRFLOW__API__SERVER_TYPE": "gunicorn",
    "AIRFLOW__CORE__EXECUTE_TASKS_NEW_PYTHON_INTERPRETER": "True",
    "AIRFLOW__SECRETS__BACKEND_KWARGS": '{"connections_lookup_pattern": "^(?!aws_default$).*$"}',
    "AIRFLOW_CONN_AWS_DEFAULT": "aws://",
}
# What nobody may move by requirements; a part of MWAA's list.
ESSENTIAL_PACKAGES = ("apache-airflow", "celery", "flask", "kombu", "sqlalchemy", "statsd")
# Only exported variables count; `exit` must not end the container.
SOURCE = 'shopt -s expand_aliases; alias exit=return; source "$1" >/dev/null 2>&1; env -0'
IMPORT_ERRORS = """
import json, sys
from airflow.dag_processing.dagbag import BundleDagBag
from pathlib import Path
folder = Path.cwd() / "dags"
bag = BundleDagBag(dag_folder=str(folder), bundle_path=folder, bundle_name="dags-folder")
print(json.dumps({Path(name).name: text for name, text in bag.import_errors.items()}))
"""


@dataclass(frozen=True)
class Container:
    """A started container.

    :param requirements_log: what pip said, and whether it failed, which MWAA only logs
    """

    image: AirflowImage
    home: Path
    environment: Mapping[str, str]
    requirements_log: str

    def run(self, *words: str, program: str = "airflow", check: bool = True) -> str:
        """Run a program of the image in the container; returns what it printed, with its errors."""
        done = subprocess.run(
            [self.image.program(program), *words],
            cwd=self.home,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=10 * MINUTES,
            check=False,
        )
        assert done.returncode == 0 or not check, done.stdout
        return done.stdout

    def import_errors(self) -> dict[str, str]:
        """What the DAG processor would show, by DAG file."""
        found: dict[str, str] = json.loads(self.run("-P", "-c", IMPORT_ERRORS, program="python").splitlines()[-1])
        return found


def start_container(
    image: AirflowImage,
    package: Path,
    home: Path,
    *,
    role: Mapping[str, str] | None = None,
    console: Mapping[str, str] | None = None,
    installs: bool = True,
) -> Container:
    """Start a container on a package, as `make package` writes it.

    :param role: what the container's role and network give, as variables of its process
    :param console: the configuration options of the environment, such as `secrets.backend`
    :param installs: install the requirements; else the container has what the image was made with
    """
    process = {"PATH": f"{image.folder / 'bin'}:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", **(role or {})}
    _fill(home, package)
    protected = _protected(image, home)
    environment = {
        **process,
        **OPINIONS,
        **_startup_variables(package / "startup.sh", process | protected),
        **{f"AIRFLOW__{name.upper().replace('.', '__')}": value for name, value in (console or {}).items()},
        **protected,
    }
    log = _install_requirements(image, package / "requirements.txt", home, environment) if installs else ""
    return Container(image, home, environment, log)


def _fill(home: Path, package: Path) -> None:
    shutil.copytree(package / "dags", home / "dags")
    with zipfile.ZipFile(package / "plugins.zip") as plugins:
        plugins.extractall(home / "plugins")


def _protected(image: AirflowImage, home: Path) -> dict[str, str]:
    """What neither startup script nor console can change."""
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW_ENV_NAME": "billing-test",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EXECUTION_ENV": f"Amazon_MWAA_{image.airflow.replace('.', '')}",
        "AWS_REGION": "eu-central-1",
        "PYTHONPATH": "/python",
        "PYTHONUNBUFFERED": "1",
    }


def _startup_variables(script: Path, environment: Mapping[str, str]) -> dict[str, str]:
    words = ["bash", "-c", SOURCE, "bash", str(script)]
    # Bytes: text would turn the carriage returns of a script of Windows into line ends.
    dump = subprocess.run(words, env=dict(environment), capture_output=True, check=False).stdout.decode()
    assert dump, f"{script} leaves no environment, and the container would not start"
    pairs = (line.partition("=") for line in dump.split("\0") if line)
    return {name: value for name, _, value in pairs if environment.get(name) != value and name not in ("_", "SHLVL")}


def _install_requirements(image: AirflowImage, requirements: Path, home: Path, environment: Mapping[str, Any]) -> str:
    """Install as MWAA does; the image has no other packages than its own before."""
    wheels = [wheel.name.partition("-")[0] for wheel in (home / "plugins" / WHEELS).glob("*.whl")]
    pip = [image.program("python"), "-m", "pip"]
    subprocess.run([*pip, "uninstall", "--quiet", "--yes", *wheels], env=dict(environment), check=True)
    essential = home / "essential_constraints.txt"
    versions = {name: version for name, version in image.installed().items() if name in ESSENTIAL_PACKAGES}
    essential.write_text("".join(f"{name}=={version}\n" for name, version in versions.items()))
    here = home / "requirements.txt"
    here.write_text(requirements.read_text().replace(MWAA_HOME, str(home)))
    done = subprocess.run(
        [*pip, "install", "--constraint", essential, "-r", here],
        env={**environment, "PIP_CONFIG_FILE": "/dev/null", "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return f"{done.stdout}\n{'installed' if done.returncode == 0 else 'FAILED'}"
