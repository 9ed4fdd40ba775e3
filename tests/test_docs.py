"""The documents say what the code does: settings, verbs, versions."""

from __future__ import annotations

import re
import tomllib

import yaml

from billing_aggregator.settings.variables import DOCUMENTED_VARIABLES
from tests.support.repository import REPO

README = (REPO / "README.md").read_text(encoding="utf-8")
LOCKED = dict(
    re.findall(r"^([\w.\-]+)(?:\[\w+\])?==([\w.]+)", (REPO / "local/requirements.lock").read_text(), re.MULTILINE)
)


def test_the_readme_lists_every_setting_with_its_default_and_meaning() -> None:
    rows = [
        f"| `{variable.name}` | {'yes' if variable.required else ''} |"
        f" {f'`{variable.default}`' if variable.default else ''} | {variable.description} |"
        for variable in DOCUMENTED_VARIABLES
    ]

    assert [row for row in rows if row not in README] == []


def test_every_make_verb_of_the_readme_exists_and_has_a_help_line() -> None:
    verbs = set(re.findall(r"^(\w+):.*## ", (REPO / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"`make (\w+)", README)) <= verbs | {"help"}
    assert {"run", "test", "lint", "format", "ui", "airflow", "stop", "clean"} <= verbs


def test_the_readme_stays_short_enough_to_be_read() -> None:
    assert len(README.splitlines()) <= 250


def test_the_newest_release_of_the_changelog_is_the_version_of_the_project() -> None:
    changelog = (REPO / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", changelog, re.MULTILINE)
    version = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]

    unreleased, *releases = headings
    assert unreleased == "Unreleased"
    assert [release for release in releases if not re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", release)] == []
    assert releases[0].partition(" - ")[0] == version


def test_mwaa_and_the_lock_speak_of_the_same_airflow() -> None:
    requirements = (REPO / "requirements.txt").read_text()
    compose = yaml.safe_load((REPO / "docker-compose.yaml").read_text())

    (version,) = re.findall(r"constraints-([\d.]+)/", requirements)
    assert LOCKED["apache-airflow"] == version
    assert compose["services"]["airflow"]["image"] == f"apache/airflow:{version}-python3.12"


def test_what_is_pinned_for_development_is_what_is_locked() -> None:
    pinned = dict(
        re.findall(r"^([\w.\-]+)(?:\[\w+\])?==([\w.]+)", (REPO / "local/requirements.in").read_text(), re.MULTILINE)
    )

    assert pinned
    assert {name: LOCKED[name] for name in pinned} == pinned


def test_what_mwaa_installs_is_locked_for_development_in_the_same_version() -> None:
    packages = re.findall(r"^([\w.\-]+)(?:==([\w.]+))?$", (REPO / "requirements.txt").read_text(), re.MULTILINE)
    pinned = {name: version for name, version in packages if version}

    assert packages
    assert {name for name, _ in packages} <= set(LOCKED)
    assert {name: LOCKED[name] for name in pinned} == pinned


def test_containers_mount_the_folders_that_are_deployed() -> None:
    compose = yaml.safe_load((REPO / "docker-compose.yaml").read_text())
    volumes = [volume for service in compose["services"].values() for volume in service.get("volumes", [])]

    assert volumes
    assert [volume for volume in volumes if not (REPO / volume.split(":")[0]).exists()] == []
