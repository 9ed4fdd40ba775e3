"""The settings of a deployment, read from `BDA_*` environment variables and validated all at once."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from billing_aggregator.settings.environment import BUCKET, HOST, KEY_PART, REGION, EnvironmentReader
from billing_aggregator.settings.exports import ExportSettings, read_export_settings
from billing_aggregator.settings.variables import DOCUMENTED_VARIABLES
from postgres_to_s3.options.keys import fill_key

__all__ = ["DOCUMENTED_VARIABLES", "S3Settings", "Settings", "WarehouseSettings"]

ENVIRONMENTS = ("local", "dev", "stage", "prod")
LOG_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_AWS_MARKERS = (
    "AWS_EXECUTION_ENV",
    "AIRFLOW_ENV_NAME",
    "ECS_CONTAINER_METADATA_URI",
    "ECS_CONTAINER_METADATA_URI_V4",
)
_WAREHOUSE_ADDRESS = ("BDA_DB_PORT", "BDA_DB_NAME", "BDA_DB_USER", "BDA_DB_PASSWORD")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class WarehouseSettings(_Frozen):
    """Where the warehouse is and who reads it."""

    host: str
    port: int = 5432
    name: str = "octopus"
    user: str = "billing_aggregator"
    password: SecretStr


class S3Settings(_Frozen):
    """The bucket of the exports; `has_own_connection`: a `BDA_S3_*` variable says how to reach it."""

    bucket: str
    region: str = "eu-central-1"
    url: str | None = None
    access_key: str | None = Field(default=None, repr=False)
    secret_access_key: SecretStr | None = None
    has_own_connection: bool = False


class Settings(_Frozen):
    """All settings; `warehouse` is None when the Airflow connection `octopus` is used.

    `systems` is None when `BDA_SYSTEMS` is unset, so that its default can be told from a choice.
    """

    client_id: str
    environment: str
    log_level: str = "info"
    warehouse: WarehouseSettings | None = None
    db_max_conns: int = 4
    db_max_idle: int = 0
    db_minutes_idle: int = 5
    s3: S3Settings
    systems: tuple[str, ...] | None = None
    ignore_systems: tuple[str, ...] = ()
    max_row_size_file: int = 1_000_000
    scripts_dir: Path | None = None
    dry_run: bool = False
    export: ExportSettings

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """Read and check every `BDA_*` variable.

        :raises SettingsError: with all problems; a secret is never part of it.
        """
        reader = EnvironmentReader(environ)
        reader.require("BDA_CLIENT_ID", "enercity")
        reader.require("BDA_S3_BUCKET", "billing-exports")
        values: dict[str, Any] = {
            "client_id": reader.matching("BDA_CLIENT_ID", KEY_PART),
            "environment": _read_environment(reader, environ),
            "log_level": reader.choice("BDA_LOG_LEVEL", tuple(LOG_LEVELS)),
            "warehouse": _read_warehouse(reader),
            "db_max_conns": reader.integer("BDA_DB_MAX_CONNS", 1),
            "db_max_idle": reader.integer("BDA_DB_MAX_IDLE", 0),
            "db_minutes_idle": reader.integer("BDA_DB_MINUTES_IDLE", 0),
            "s3": _read_s3(reader),
            "systems": reader.names("BDA_SYSTEMS"),
            "ignore_systems": reader.names("BDA_IGNORE_SYSTEMS") or (),
            "max_row_size_file": reader.integer("BDA_MAX_ROW_SIZE_FILE", 1),
            "scripts_dir": _read_folder(reader, "BDA_SCRIPTS_DIR"),
            "dry_run": reader.boolean("BDA_DRY_RUN"),
            "export": read_export_settings(reader),
        }
        reader.report_unknown()
        reader.raise_problems()
        return cls(**values)

    @property
    def export_arguments(self) -> dict[str, Any]:
        """What the settings say about the options of the export operator."""
        return {"connections": self.export.connections or self.db_max_conns, **self.export.arguments}

    @property
    def export_keys(self) -> tuple[str, str]:
        """The key templates of results and archive, with the fields filled in that are the same for all exports."""
        values = {"client": self.client_id, "environment": self.environment}
        return fill_key(self.export.key, values), fill_key(self.export.archive_key, values)

    @property
    def s3_prefix(self) -> str:
        """The folder that holds the keys of all results, without a closing slash."""
        return self.export_keys[0].partition("{")[0].rpartition("/")[0]

    @property
    def logging_level(self) -> int:
        """The log level as a number of the `logging` module."""
        return LOG_LEVELS[self.log_level]

    @property
    def warehouse_conn_id(self) -> str:
        """The Airflow connection of the warehouse."""
        return "bda_warehouse" if self.warehouse else "octopus"

    @property
    def aws_conn_id(self) -> str:
        """The Airflow connection of the bucket."""
        return "bda_s3" if self.s3.has_own_connection else "billing_s3"

    def connection_variables(self) -> dict[str, str]:
        """The connections that come from `BDA_*` as Airflow's variables `AIRFLOW_CONN_<ID>`: JSON with secrets."""
        connections = {}
        if self.warehouse:
            connections[self.warehouse_conn_id] = _warehouse_connection(self.warehouse, self.environment)
        if self.s3.has_own_connection:
            connections[self.aws_conn_id] = _s3_connection(self.s3)
        return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(found) for name, found in connections.items()}


def _read_environment(reader: EnvironmentReader, environ: Mapping[str, str]) -> str:
    if reader.is_set("BDA_ENVIRONMENT"):
        return reader.choice("BDA_ENVIRONMENT", ENVIRONMENTS)
    return "prod" if any(environ.get(marker) for marker in _AWS_MARKERS) else "local"


def _read_warehouse(reader: EnvironmentReader) -> WarehouseSettings | None:
    if not reader.is_set("BDA_DB_HOST"):
        for name in filter(reader.is_set, _WAREHOUSE_ADDRESS):
            reader.problem(
                name,
                "is set but BDA_DB_HOST is not: set BDA_DB_HOST too, or unset this one "
                "to use the Airflow connection 'octopus'",
            )
        return None
    password = reader.secret("BDA_DB_PASSWORD")
    if password is None:
        reader.problem("BDA_DB_PASSWORD", "is required when BDA_DB_HOST is set, but not set")
    return WarehouseSettings(
        host=reader.matching("BDA_DB_HOST", HOST),
        port=reader.integer("BDA_DB_PORT", 1, 65535),
        name=reader.text("BDA_DB_NAME"),
        user=reader.text("BDA_DB_USER"),
        password=password or SecretStr(""),
    )


def _read_s3(reader: EnvironmentReader) -> S3Settings:
    key, secret = "BDA_S3_ACCESS_KEY", "BDA_S3_SECRET_ACCESS_KEY"
    for name, other in ((key, secret), (secret, key)):
        if reader.is_set(other) and not reader.is_set(name):
            reader.problem(name, f"is required when {other} is set; unset both to use the execution role")
    return S3Settings(
        bucket=reader.matching("BDA_S3_BUCKET", BUCKET),
        region=reader.matching("BDA_S3_REGION", REGION),
        url=reader.url("BDA_S3_URL"),
        access_key=reader.text(key) or None,
        secret_access_key=reader.secret(secret),
        has_own_connection=any(map(reader.is_set, ("BDA_S3_REGION", "BDA_S3_URL", key))),
    )


def _read_folder(reader: EnvironmentReader, name: str) -> Path | None:
    return Path(reader.text(name)).expanduser().absolute() if reader.is_set(name) else None


def _warehouse_connection(warehouse: WarehouseSettings, environment: str) -> dict[str, Any]:
    extra: dict[str, Any] = {
        "connect_timeout": 10,
        "keepalives_idle": 60,
        "keepalives_interval": 10,
        "keepalives_count": 6,
        "application_name": "billing-data-aggregator",
    }
    if environment != "local":
        extra["sslmode"] = "require"
    return {
        "conn_type": "postgres",
        "host": warehouse.host,
        "port": warehouse.port,
        "schema": warehouse.name,
        "login": warehouse.user,
        "password": warehouse.password.get_secret_value(),
        "extra": extra,
    }


def _s3_connection(s3: S3Settings) -> dict[str, Any]:
    connection: dict[str, Any] = {"conn_type": "aws", "extra": {"region_name": s3.region}}
    if s3.access_key and s3.secret_access_key:
        connection |= {"login": s3.access_key, "password": s3.secret_access_key.get_secret_value()}
    if s3.url:
        # S3 servers other than AWS have no host name per bucket and may not know the newer checksums.
        connection["extra"] |= {
            "endpoint_url": s3.url,
            "config_kwargs": {
                "s3": {"addressing_style": "path"},
                "request_checksum_calculation": "when_required",
                "response_checksum_validation": "when_required",
            },
        }
    return connection
