"""Settings come from `BDA_*` variables, with the documented defaults, and show no secrets."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from billing_aggregator.settings.settings import Settings
from billing_aggregator.settings.variables import OWN_VARIABLES
from postgres_to_s3.options.export_options import ExportOptions

MINIMUM = {"BDA_CLIENT_ID": "enercity", "BDA_S3_BUCKET": "billing-exports"}
WAREHOUSE = {"BDA_DB_HOST": "octopus.example.com", "BDA_DB_PASSWORD": "p4ss-w0rd"}
OPTIONAL = {name: row for name, row in OWN_VARIABLES.items() if not row.is_required()}


def read(**variables: str) -> Settings:
    return Settings.from_environment(MINIMUM | variables)


def test_every_variable_reaches_the_settings() -> None:
    settings = Settings.from_environment(
        {
            "BDA_CLIENT_ID": "q-cells",
            "BDA_ENVIRONMENT": "stage",
            "BDA_LOG_LEVEL": "DEBUG",
            "BDA_DB_HOST": "db",
            "BDA_DB_PORT": "6432",
            "BDA_DB_NAME": "dwh",
            "BDA_DB_USER": "reader",
            "BDA_DB_PASSWORD": " blanks are kept ",
            "BDA_DB_MAX_CONNS": "8",
            "BDA_DB_MAX_IDLE": "2",
            "BDA_DB_MINUTES_IDLE": "0",
            "BDA_S3_BUCKET": "exports.stage",
            "BDA_S3_REGION": "eu-west-1",
            "BDA_S3_URL": "http://localhost:8333",
            "BDA_S3_ACCESS_KEY": "key",
            "BDA_S3_SECRET_ACCESS_KEY": "s3cr3t",
            "BDA_SYSTEMS": " tripica , customer,",
            "BDA_IGNORE_SYSTEMS": "customer",
            "BDA_MAX_ROW_SIZE_FILE": "50",
            "BDA_SCRIPTS_DIR": "/app/scripts",
            "BDA_DRY_RUN": "True",
            "BDA_PG_BINDIR": "/usr/lib/postgresql/15/bin",
        }
    )

    assert settings.db_password is not None
    assert settings.s3_access_key is not None
    assert settings.s3_secret_access_key is not None
    assert (settings.client_id, settings.environment, settings.logging_level) == (
        "q-cells",
        "stage",
        logging.DEBUG,
    )
    assert (settings.db_host, settings.db_port, settings.db_name, settings.db_user) == ("db", 6432, "dwh", "reader")
    assert settings.db_password.get_secret_value() == " blanks are kept "
    assert (settings.db_max_conns, settings.db_max_idle, settings.db_minutes_idle) == (8, 2, 0)
    assert (settings.s3_bucket, settings.s3_region) == ("exports.stage", "eu-west-1")
    assert (settings.s3_url, settings.s3_access_key.get_secret_value()) == ("http://localhost:8333", "key")
    assert settings.s3_secret_access_key.get_secret_value() == "s3cr3t"
    assert (settings.systems, settings.ignore_systems) == (("tripica", "customer"), ("customer",))
    assert (settings.export.max_rows_per_file, settings.scripts_dir) == (50, Path("/app/scripts"))
    assert settings.dry_run is True


def test_what_is_unset_has_the_documented_default() -> None:
    settings = read()

    assert {name: getattr(settings, name.removeprefix("BDA_").lower()) for name in OPTIONAL} == {
        name: row.default for name, row in OPTIONAL.items()
    }
    assert settings.export == ExportOptions(connections=settings.db_max_conns)


def test_an_empty_variable_counts_as_unset() -> None:
    settings = read(BDA_DB_HOST="", BDA_DB_PASSWORD="", BDA_S3_URL=" ", BDA_SYSTEMS="", BDA_DB_MAX_CONNS="")

    assert settings == read()


@pytest.mark.parametrize(
    ("variables", "environment"),
    [
        ({}, "local"),
        ({"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"}, "prod"),
        ({"AIRFLOW_ENV_NAME": "billing"}, "prod"),
        ({"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4"}, "prod"),
        ({"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE", "BDA_ENVIRONMENT": "dev"}, "dev"),
        ({"AWS_REGION": "eu-central-1"}, "local"),
    ],
)
def test_environment_is_detected_unless_it_is_set(variables: dict[str, str], environment: str) -> None:
    assert read(**variables).environment == environment


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("info", logging.INFO),
        ("warn", logging.WARNING),
        ("Warning", logging.WARNING),
        ("ERROR", logging.ERROR),
    ],
)
def test_log_level_is_a_level_of_the_logging_module(text: str, level: int) -> None:
    assert read(BDA_LOG_LEVEL=text).logging_level == level


@pytest.mark.parametrize(("text", "dry_run"), [("true", True), ("1", True), ("YES", True), ("off", False), ("", False)])
def test_dry_run_understands_the_usual_words(text: str, dry_run: bool) -> None:
    assert read(BDA_DRY_RUN=text).dry_run is dry_run


def test_a_folder_of_scripts_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    assert read(BDA_SCRIPTS_DIR="scripts").scripts_dir == tmp_path / "scripts"


def test_limits_on_connections_need_no_host() -> None:
    assert read(BDA_DB_MAX_CONNS="2", BDA_DB_MAX_IDLE="1", BDA_DB_MINUTES_IDLE="1").db_max_conns == 2


@pytest.mark.parametrize(
    ("settings", "connections"),
    [
        pytest.param({}, 4, id="nothing"),
        pytest.param({"BDA_DB_MAX_CONNS": "2"}, 2, id="the-dag's"),
        pytest.param({"BDA_DB_MAX_CONNS": "2", "BDA_EXPORT_CONNECTIONS": "1"}, 1, id="its-own"),
    ],
)
def test_an_export_may_have_as_many_connections_as_the_dag(settings: dict[str, str], connections: int) -> None:
    assert read(**settings).export_arguments["connections"] == connections


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        read().client_id = "other"  # type: ignore[misc]


SECRETS: dict[str, Any] = WAREHOUSE | {
    "BDA_S3_ACCESS_KEY": "AKIA123",
    "BDA_S3_SECRET_ACCESS_KEY": "s3cr3t-key",
}


@pytest.mark.parametrize("show", [repr, str, Settings.model_dump, Settings.model_dump_json], ids=lambda f: f.__name__)
def test_secrets_are_never_shown(show: Any) -> None:
    shown = str(show(read(**SECRETS)))

    assert "p4ss-w0rd" not in shown
    assert "s3cr3t-key" not in shown
    assert "AKIA123" not in shown
