"""The documents say what the code does: settings, verbs, versions."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from billing_aggregator.run.params import NAMES
from billing_aggregator.settings.variables import VARIABLES
from deployment.checkout import ENVIRONMENTS
from deployment.settings_file import read_settings
from docs.generate import GENERATED, RULES, rules_file, with_generated_parts
from tests.support.repository import REPO

CONFIG = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))
DOCUMENTS = sorted(
    [*REPO.glob("*.md"), *(each for folder in ("docs", "include", "plugins") for each in (REPO / folder).rglob("*.md"))]
)
README = (REPO / "README.md").read_text(encoding="utf-8")
LOCKED = dict(
    re.findall(r"^([\w.\-]+)(?:\[\w+\])?==([\w.]+)", (REPO / "local/requirements.lock").read_text(), re.MULTILINE)
)


def anchors(document: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", GENERATED)
def test_what_follows_from_the_code_is_what_the_code_says(document: str) -> None:
    assert (REPO / document).read_text(encoding="utf-8") == with_generated_parts(document), "run: make docs"


def test_the_rules_that_tasks_name_are_the_sections_of_the_document() -> None:
    assert (REPO / RULES).read_text(encoding="utf-8") == rules_file(), "run: make docs"


def test_the_required_settings_are_those_that_the_readme_names() -> None:
    section = README.partition("\n## Settings\n")[2].partition("\n## ")[0]

    assert [name for name, row in VARIABLES.items() if row.is_required() and f"`{name}`" not in section] == []


def test_the_readme_lists_the_parameters_of_a_run() -> None:
    section = README.partition("\n## A run\n")[2].partition("\n## ")[0]

    assert tuple(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == NAMES


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(REPO)))
def test_every_make_verb_of_a_document_exists_and_has_a_help_line(document: Path) -> None:
    verbs = set(re.findall(r"^([\w-]+):.*## ", (REPO / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:`|^)make ([\w-]+)", document.read_text("utf-8"), re.MULTILINE)) <= verbs
    assert {"run", "test", "lint", "format", "ui", "airflow", "stop", "clean"} <= verbs


@pytest.mark.parametrize("package", ["postgres_to_s3", "billing_aggregator"])
def test_the_layers_of_the_architecture_are_those_that_are_checked(package: str) -> None:
    (layers,) = [
        each["layers"] for each in CONFIG["tool"]["importlinter"]["contracts"] if each.get("containers") == [package]
    ]
    table = (REPO / "docs/architecture.md").read_text("utf-8").partition(f"| `{package}` |")[2].partition("\n\n")[0]

    documented = [re.findall(r"`(\w+)`", row.split(" | ")[0]) for row in table.splitlines()[2:]]
    assert documented == [re.findall(r"\w+", layer) for layer in layers]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.relative_to(REPO)))
def test_links_lead_somewhere(document: Path) -> None:
    links = [each.partition("#") for each in re.findall(r"\]\((?!https?://)([^)\s]+)\)", document.read_text("utf-8"))]
    targets = [((document.parent / path) if path else document, anchor) for path, _, anchor in links]

    assert [str(target) for target, _ in targets if not target.exists()] == []
    assert [(str(target), anchor) for target, anchor in targets if anchor and anchor not in anchors(target)] == []


def test_the_readme_stays_short_enough_to_be_read() -> None:
    assert len(README.splitlines()) <= 250


def test_the_newest_release_of_the_changelog_is_the_version_of_the_project() -> None:
    changelog = (REPO / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", changelog, re.MULTILINE)

    unreleased, *releases = headings
    assert unreleased == "Unreleased"
    assert [release for release in releases if not re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", release)] == []
    assert releases[0].partition(" - ")[0] == CONFIG["project"]["version"]


def test_mwaa_and_the_lock_speak_of_the_same_airflow() -> None:
    production = read_settings(ENVIRONMENTS, "prod")
    compose = yaml.safe_load((REPO / "docker-compose.yaml").read_text())

    version = production.target.version
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
