"""The package holds what MWAA needs where MWAA looks for it, and is the same bytes whoever builds it."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from deployment.errors import DeploymentError
from deployment.package import Package, write_archive, write_package
from tests.deployment.settings_files import write_settings
from tests.support.repository import REPO


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The package of this checkout."""
    folder = tmp_path_factory.mktemp("package")
    return write_package(folder / "dist", "test", environments=write_settings(folder / "environments"))


def test_the_scripts_are_in_the_dags_folder(package: Package) -> None:
    scripts = {each.relative_to(REPO / "include") for each in (REPO / "include" / "sql").rglob("*.sql")}
    packed = {each.relative_to(package.folder / "dags/include") for each in package.folder.rglob("*.sql")}

    assert packed == scripts
    assert (package.folder / "dags/include/sql/systems.yaml").is_file()
    assert (package.folder / "dags/billing_data_aggregator.py").is_file()


def test_the_plugins_are_the_top_of_the_zip_with_their_hidden_file_and_nothing_of_python(package: Package) -> None:
    names = zipfile.ZipFile(package.folder / "plugins.zip").namelist()

    tops = {each.name for each in (REPO / "plugins").iterdir() if each.name != "__pycache__"}
    assert {".airflowignore", "billing_aggregator", "postgres_to_s3"} <= tops
    assert {name.partition("/")[0] for name in names} == tops | {"wheels"}
    assert [name for name in names if name.endswith(".pyc") or {"__pycache__", "tests"} & set(name.split("/"))] == []


def test_requirements_are_met_without_a_network(package: Package) -> None:
    lines = (package.folder / "requirements.txt").read_text().splitlines()
    names = zipfile.ZipFile(package.folder / "plugins.zip").namelist()

    assert '--constraint "/usr/local/airflow/dags/constraints-3.3.1.txt"' in lines
    assert '--find-links "/usr/local/airflow/plugins/wheels"' in lines
    assert "--no-index" in lines
    assert "apache-airflow-providers-amazon==9.34.0" in (package.folder / "dags/constraints-3.3.1.txt").read_text()
    # Every package that the image does not have comes along.
    assert {"isal==1.9.1", "pyarrow"} <= {*lines}
    assert [name.rpartition("-cp312-")[0] for name in names if name.endswith(".whl")] == [
        "wheels/isal-1.9.1-cp312",
        "wheels/pyarrow-25.0.0-cp312",
    ]


def test_the_constraints_are_those_of_the_version_that_the_environment_runs(tmp_path: Path) -> None:
    environments = write_settings(tmp_path / "environments", MWAA_VERSION="3.2.1")

    older = write_package(tmp_path / "dist", "test", environments=environments)

    assert "apache-airflow-providers-amazon==9.25.0" in (older.folder / "dags/constraints-3.2.1.txt").read_text()
    assert json.loads((older.folder / "package.json").read_text())["airflow"] == "3.2.1"
    names = zipfile.ZipFile(older.folder / "plugins.zip").namelist()
    assert [name for name in names if name.startswith("wheels/pyarrow-23.0.1-cp312-")]


def test_a_version_that_is_not_supported_is_refused(tmp_path: Path) -> None:
    environments = write_settings(tmp_path / "environments", MWAA_VERSION="2.11.0")

    with pytest.raises(
        DeploymentError, match=r"MWAA_VERSION 2\.11\.0 is not supported: expected one of 3\.2\.1, 3\.3\.1"
    ):
        write_package(tmp_path / "dist", "test", environments=environments)


def test_a_shell_that_sources_the_startup_script_has_the_values_as_they_stand_in_the_file(tmp_path: Path) -> None:
    value = "it's $HOME and `date` in {client}_{system}_{table}_{chunk}"
    environments = write_settings(tmp_path / "environments", f"BDA_EXPORT_METADATA=note={value}")
    script = write_package(tmp_path / "dist", "test", environments=environments).folder / "startup.sh"

    shown = subprocess.check_output(["bash", "-c", 'source "$1"; env', "bash", script], env={}, text=True)

    assert f"BDA_EXPORT_METADATA=note={value}\n" in shown
    assert b"\r" not in script.read_bytes()
    lines = script.read_text().splitlines()
    assert [line for line in lines if not line.startswith(("#", "export "))] == []


def test_the_checksums_are_those_of_all_files(package: Package) -> None:
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=package.folder, check=True)

    packed = {each.relative_to(package.folder).as_posix() for each in package.folder.rglob("*") if each.is_file()}
    assert set(package.checksums) == packed - {"SHA256SUMS"}


def test_the_archive_of_a_release_holds_all_files_and_their_checksums(package: Package, tmp_path: Path) -> None:
    first, second = tmp_path / "billing.zip", tmp_path / "again" / "billing.zip"
    write_archive(package, first)
    write_archive(package, second)

    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        archive.extractall(tmp_path)
    unpacked = tmp_path / "billing"
    subprocess.run(["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"], cwd=unpacked, check=True)
    files = {each.relative_to(unpacked).as_posix() for each in unpacked.rglob("*") if each.is_file()}
    assert files == {*package.checksums, "SHA256SUMS"}


def test_another_checkout_at_another_time_gives_the_same_bytes(package: Package, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for folder in ("dags", "include", "plugins"):
        shutil.copytree(REPO / folder, checkout / folder, copy_function=shutil.copyfile)
    shutil.copyfile(REPO / "requirements.txt", checkout / "requirements.txt")
    for path in checkout.rglob("*"):
        os.utime(path, (0, 0))
        path.chmod(0o700)
    (checkout / "plugins/postgres_to_s3/__pycache__").mkdir(exist_ok=True)
    (checkout / "plugins/postgres_to_s3/__pycache__/export.cpython-312.pyc").write_bytes(b"x")
    (checkout / "dags/.billing_data_aggregator.py.swp").write_bytes(b"x")

    again = write_package(
        tmp_path / "dist", "test", checkout=checkout, environments=write_settings(tmp_path / "environments")
    )

    assert again.checksums == package.checksums


def test_a_new_package_replaces_all_of_the_last_one(tmp_path: Path) -> None:
    left = tmp_path / "dist/dags/include/sql/init/old.sql"
    left.parent.mkdir(parents=True)
    left.touch()

    write_package(tmp_path / "dist", "test", environments=write_settings(tmp_path / "environments"))

    assert not left.exists()


def test_the_bill_of_materials_names_what_the_package_runs_on_and_the_wheels_that_it_brings(package: Package) -> None:
    bill = json.loads((package.folder / "bom.cdx.json").read_text())
    components = {component["name"]: component for component in bill["components"]}
    with zipfile.ZipFile(package.folder / "plugins.zip") as plugins:
        wheels = [plugins.read(name) for name in plugins.namelist() if name.endswith(".whl")]

    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["version"] == package.release
    assert components["apache-airflow"]["purl"] == "pkg:pypi/apache-airflow@3.3.1"
    assert [components[name]["hashes"] for name in ("isal", "pyarrow")] == [
        [{"alg": "SHA-256", "content": hashlib.sha256(wheel).hexdigest()}] for wheel in wheels
    ]
    assert len(components) > 150
    assert bill["dependencies"][0]["dependsOn"] == [component["bom-ref"] for component in bill["components"]]
