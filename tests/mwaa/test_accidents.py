"""What goes wrong in real deployments ends in one message that says what to do, on the page of import errors."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from deployment.package import write_package
from tests.deployment.settings_files import write_settings
from tests.support.airflow_image import AirflowImage, bare_image
from tests.support.mwaa_container import Container, start_container

MAIN_DAG = "billing_data_aggregator.py"
DAGS = {MAIN_DAG, "billing_data_health_check.py"}

Errors = Callable[[], dict[str, str]]


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package that is right, for a test to spoil."""
    return write_package(tmp_path / "dist", "test", environments=write_settings(tmp_path / "environments")).folder


@pytest.fixture
def errors(package: Path, first_image: AirflowImage, tmp_path: Path) -> Errors:
    """What the DAG processor shows of the package: the import errors, by DAG file."""

    def start() -> dict[str, str]:
        return start_container(first_image, package, tmp_path / "home", installs=False).import_errors()

    return start


def the_one_message(found: dict[str, str], heading: str) -> str:
    """The message that all DAG files end in, from its heading on."""
    messages = {error.rstrip()[error.rindex(heading) :] for error in found.values()}
    assert set(found) >= DAGS
    assert len(messages) == 1, messages
    return messages.pop()


def test_a_package_that_is_right_has_no_import_errors(errors: Errors) -> None:
    assert errors() == {}


def test_scripts_that_were_forgotten(package: Path, errors: Errors) -> None:
    shutil.rmtree(package / "dags" / "include")

    message = errors()[MAIN_DAG]

    assert "1 problem in the script tree" in message
    assert "dags/include/sql" in message.splitlines()[-1]


def test_a_folder_at_the_top_of_the_zip(package: Path, errors: Errors) -> None:
    right = package / "plugins.zip"
    with zipfile.ZipFile(right) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(right, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"plugins/{name}", content)

    message = the_one_message(errors(), "ImportError: ")

    assert "No module named 'billing_aggregator'" in message
    assert (
        "the contents of plugins/ in its plugins folder; on MWAA upload plugins.zip and update the environment"
        in message
    )


def test_a_zip_made_with_a_star_lacks_the_hidden_file(package: Path, errors: Errors) -> None:
    right = package / "plugins.zip"
    with zipfile.ZipFile(right) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if not name.startswith(".")}
    with zipfile.ZipFile(right, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)

    message = the_one_message(errors(), "1 problem in the deployment")

    assert "/plugins/.airflowignore' does not name billing_aggregator and postgres_to_s3" in message
    assert message.endswith("cd plugins && zip -r ../plugins.zip .")


def test_settings_that_are_missing_or_misspelt(package: Path, errors: Errors) -> None:
    script = package / "startup.sh"
    script.write_text(script.read_text().replace("export BDA_S3_BUCKET=", "export BDA_S3_BUKET="))

    message = the_one_message(errors(), "2 problems in the settings")

    assert message.splitlines()[1:] == [
        "  - BDA_S3_BUCKET is required but not set, for example BDA_S3_BUCKET=billing-exports",
        "  - BDA_S3_BUKET is not a known variable; did you mean BDA_S3_BUCKET?",
    ]


def test_settings_that_are_not_exported(package: Path, errors: Errors) -> None:
    script = package / "startup.sh"
    script.write_text(script.read_text().replace("export ", ""))

    message = the_one_message(errors(), "2 problems in the settings")

    assert "BDA_CLIENT_ID is required but not set" in message


def test_a_startup_script_with_the_line_ends_of_windows(package: Path, errors: Errors) -> None:
    script = package / "startup.sh"
    script.write_bytes(script.read_bytes().replace(b"\n", b"\r\n"))

    message = the_one_message(errors(), "1 problem in the settings")

    assert "BDA_CLIENT_ID, BDA_ENVIRONMENT and BDA_S3_BUCKET end in a carriage return" in message
    assert "line ends of Windows (CR LF)" in message


def test_an_airflow_that_is_too_old(package: Path, tmp_path: Path) -> None:
    # Its name and version are enough: nothing of it may be needed to say so.
    image = bare_image("apache-airflow-core==3.1.8", tmp_path / "image")

    container = start_container(image, package, tmp_path / "home", installs=False)
    environment = {**container.environment, "PYTHONPATH": str(container.home / "plugins")}
    shown = Container(image, container.home, environment, "").run(f"dags/{MAIN_DAG}", program="python", check=False)

    assert shown.splitlines()[-2:] == [
        "billing_aggregator.errors.ReleaseError: 1 problem in the deployment:",
        "  - expected Airflow 3.2 or later, found 3.1.8: choose such an environment",
    ]
