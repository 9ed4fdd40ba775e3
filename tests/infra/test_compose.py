"""docker-compose.yaml, checked as far as that goes without an engine."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from billing_aggregator.scripts.tree import find_scripts_root
from billing_aggregator.settings.settings import Settings
from local.servers.postgres.role_and_database import LONGEST_IDLE_TRANSACTION
from tests.support.repository import REPO
from tests.support.tools import run_tool

COMPOSE = yaml.safe_load((REPO / "docker-compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
AIRFLOW = {name: service for name, service in SERVICES.items() if service["image"].startswith("apache/airflow:")}
HOME = "/opt/airflow"
PASSWORD_DEFAULT = "local-only"
DIGEST_OR_EXACT_TAG = re.compile(r"@sha256:[0-9a-f]{64}$|:v?\d+\.\d+(\.\d+)?(-[\w.]+)?$")
INTERPOLATION = re.compile(r"\$\{(\w+):-([\w-]*)\}")
AIRFLOW_OPTION = re.compile(r"AIRFLOW__[A-Z_]+?__[A-Z_]+")


def settings_of(service: str) -> dict[str, str]:
    """The environment of a service as the engine gives it where the caller sets nothing."""
    return {name: INTERPOLATION.sub(r"\2", value) for name, value in SERVICES[service]["environment"].items()}


def awaited(service: str) -> set[str]:
    """A service and all that it waits for, directly or not."""
    return {service}.union(*(awaited(other) for other in SERVICES[service].get("depends_on", {})))


def test_the_file_fits_the_schema_of_compose() -> None:
    done = run_tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yaml")

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_service_waits_for_exists_and_can_tell_that_it_is_ready(service: str) -> None:
    for other, wanted in SERVICES[service].get("depends_on", {}).items():
        assert other in SERVICES
        assert wanted["condition"] != "service_healthy" or "healthcheck" in SERVICES[other]
        assert set(SERVICES[other].get("profiles", [])) <= set(SERVICES[service].get("profiles", []))


@pytest.mark.parametrize("service", SERVICES)
def test_an_image_is_pinned(service: str) -> None:
    assert DIGEST_OR_EXACT_TAG.search(SERVICES[service]["image"])


def test_a_transaction_that_an_orphaned_worker_leaves_open_in_the_metadata_ends() -> None:
    assert f"idle_in_transaction_session_timeout={LONGEST_IDLE_TRANSACTION}" in SERVICES["metadata"]["command"]


def test_one_image_of_airflow_serves_all() -> None:
    assert len({service["image"] for service in AIRFLOW.values()}) == 1


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_mounted_exists_and_cannot_be_written(service: str) -> None:
    for volume in SERVICES[service].get("volumes", []):
        source, _, mode = volume.split(":")
        assert (REPO / source).exists()
        assert mode == "ro"


@pytest.mark.parametrize("service", AIRFLOW)
def test_folders_lie_below_airflows_home_as_on_mwaa(service: str) -> None:
    mounts = dict(volume.split(":")[:2] for volume in SERVICES[service]["volumes"])

    assert (mounts["./dags"], mounts["./plugins"]) == (f"{HOME}/dags", f"{HOME}/plugins")
    # As in this repository, where the scripts are found beside the DAGs folder.
    assert mounts["./include"] == f"{HOME}/include"
    assert find_scripts_root(None, REPO / "dags") == REPO / "include" / "sql"


@pytest.mark.parametrize("service", [name for name in AIRFLOW if name != "migration"])
def test_the_settings_are_valid_and_name_the_services(service: str) -> None:
    settings = Settings.from_environment(settings_of(service))

    assert settings.environment == "local"
    assert settings.db_host == "warehouse"
    assert settings.s3_url == "http://object-store:8333"
    assert settings.db_password is not None
    assert settings.db_password.get_secret_value() == settings_of("warehouse")["POSTGRES_PASSWORD"]
    assert settings.s3_bucket == settings_of("object-store")["S3_BUCKET"]
    assert settings.s3_secret_access_key is not None
    assert settings.s3_secret_access_key.get_secret_value() == settings_of("object-store")["AWS_SECRET_ACCESS_KEY"]


@pytest.mark.parametrize("service", SERVICES)
def test_only_this_machine_reaches_a_port(service: str) -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in SERVICES[service].get("ports", []))


def test_every_password_can_be_changed_in_one_place() -> None:
    text = (REPO / "docker-compose.yaml").read_text("utf-8")
    code = "\n".join(line.partition("#")[0] for line in text.splitlines())

    assert set(INTERPOLATION.findall(code)) == {("LOCAL_PASSWORD", PASSWORD_DEFAULT)}
    assert INTERPOLATION.sub("", code).count(PASSWORD_DEFAULT) == 0
    assert ".env" in (REPO / ".gitignore").read_text("utf-8").splitlines()


def test_a_worker_of_celery_brings_all_parts_of_airflow_but_not_the_other_airflow() -> None:
    commands = {SERVICES[name].get("command") for name in awaited("worker")}

    assert {"api-server", "scheduler", "dag-processor", "triggerer", "db migrate", "celery worker"} <= commands
    assert "standalone" not in commands
    assert awaited("worker") | {"airflow"} == set(SERVICES)


def test_the_parts_of_airflow_share_database_broker_and_signing_key() -> None:
    parts = [settings_of(name) for name, service in AIRFLOW.items() if service.get("profiles") == ["celery"]]
    shared = {name for name in parts[0] if AIRFLOW_OPTION.fullmatch(name)}

    assert len(parts) == 6
    for name in shared:
        assert {part[name] for part in parts} == {parts[0][name]}
    assert len(parts[0]["AIRFLOW__API_AUTH__JWT_SECRET"]) >= 64
    # A worker shows the log of a running task to who signs with the same key.
    assert "AIRFLOW__API__SECRET_KEY" in shared
    assert settings_of("metadata")["POSTGRES_PASSWORD"] in parts[0]["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]


def test_airflow_knows_every_option() -> None:
    from airflow.configuration import conf

    names = {name for service in AIRFLOW for name in settings_of(service) if AIRFLOW_OPTION.fullmatch(name)}
    known = {
        f"AIRFLOW__{section}__{option}".upper()
        for section, options in conf.configuration_description.items()
        for option in options["options"]
    }

    # The provider that knows Celery's options is in the image, not here.
    here = {name for name in names if not name.startswith("AIRFLOW__CELERY__")}

    assert here
    assert here - known == set()
