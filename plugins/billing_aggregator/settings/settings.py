"""The settings of a deployment, read from `BDA_*` environment variables and validated all at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from billing_aggregator.settings.connections import ConnectionIds, connection_variables
from billing_aggregator.settings.deadline import interval_until, starts_at
from billing_aggregator.settings.environment import EnvironmentReader, refuse_line_ends_of_windows
from billing_aggregator.settings.exports import export_arguments, read_export_options
from billing_aggregator.settings.variables import (
    DEVELOPMENT_VARIABLES,
    LOG_LEVELS,
    OWN_VARIABLES,
    VARIABLES,
    Variables,
)
from postgres_to_s3.options.export_options import ExportOptions
from postgres_to_s3.options.keys import fill_key

_AWS_MARKERS = (
    "AWS_EXECUTION_ENV",
    "AIRFLOW_ENV_NAME",
    "ECS_CONTAINER_METADATA_URI",
    "ECS_CONTAINER_METADATA_URI_V4",
)
_WAREHOUSE_ADDRESS = ("BDA_DB_PORT", "BDA_DB_NAME", "BDA_DB_USER", "BDA_DB_PASSWORD")
_S3_ACCESS = ("BDA_S3_REGION", "BDA_S3_URL", "BDA_S3_ACCESS_KEY")


@dataclass(frozen=True, kw_only=True)
class Settings(Variables):
    """All settings.

    :param has_own_s3: a `BDA_S3_*` variable says how to reach S3
    :param export: how the files of all exports are written
    :param is_one_of_many: there are other clients in this environment (`BDA_CLIENTS`)
    """

    has_own_s3: bool
    export: ExportOptions
    is_one_of_many: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], *, is_one_of_many: bool = False) -> Settings:
        """Read and check every `BDA_*` variable of one client.

        :raises SettingsError: with all problems; a value is never part of it
        """
        refuse_line_ends_of_windows(environ)
        reader = EnvironmentReader(environ)
        values = {name.removeprefix("BDA_").lower(): value for name, value in reader.read(OWN_VARIABLES).items()}
        values.setdefault("environment", "prod" if any(map(environ.get, _AWS_MARKERS)) else "local")
        export = read_export_options(reader, values.get("db_max_conns", Variables.db_max_conns))
        ids = ConnectionIds(values.get("client_id", ""), is_one_of_many)
        _check_warehouse(reader, ids, has_password="db_password" in values)
        if reader.is_set("BDA_CLIENTS"):
            reader.refuse("BDA_CLIENTS", "is set where the settings of one client are needed; unset it")
        _check_access_key(reader)
        _check_deadline(reader, values.get("schedule", Variables.schedule))
        reader.refuse_unknown({*VARIABLES, *DEVELOPMENT_VARIABLES} - {"BDA_CLIENTS"}, also_known=["BDA_CLIENTS"])
        reader.raise_problems(VARIABLES)
        has_own_s3 = any(map(reader.is_set, _S3_ACCESS))
        return cls(**values, has_own_s3=has_own_s3, export=export, is_one_of_many=is_one_of_many)

    @property
    def export_arguments(self) -> Mapping[str, object]:
        """The arguments of the export operator that are the same for every export."""
        return export_arguments(self.export)

    @property
    def export_keys(self) -> tuple[str, str]:
        """The key templates of results and archive, with the fields filled in that are the same for all exports."""
        values = {"client": self.client_id, "environment": self.environment}
        return fill_key(self.export_key, values), fill_key(self.archive_key, values)

    @property
    def s3_prefix(self) -> str:
        """The folder that holds the keys of all results, without a closing slash."""
        return self.export_keys[0].partition("{")[0].rpartition("/")[0]

    @property
    def deadline_interval(self) -> timedelta | None:
        """From the start of a scheduled run until it is late; None for a schedule without one time of day."""
        return interval_until(self.deadline, self.schedule)

    @property
    def logging_level(self) -> int:
        """The log level as a number of the `logging` module."""
        return LOG_LEVELS[self.log_level]

    @property
    def warehouse_conn_id(self) -> str:
        """The Airflow connection of the warehouse."""
        return self._ids.warehouse if self.db_host else self._ids.airflow_warehouse

    @property
    def aws_conn_id(self) -> str:
        """The Airflow connection of the bucket."""
        return self._ids.aws if self.has_own_s3 else self._ids.airflow_aws

    @property
    def _ids(self) -> ConnectionIds:
        return ConnectionIds(self.client_id, self.is_one_of_many)

    def connection_variables(self) -> dict[str, str]:
        """The connections that come from `BDA_*` as Airflow's variables `AIRFLOW_CONN_<ID>`: JSON with secrets."""
        return connection_variables(self, self._ids, has_own_s3=self.has_own_s3)


def _check_warehouse(reader: EnvironmentReader, ids: ConnectionIds, *, has_password: bool) -> None:
    if reader.is_set("BDA_DB_HOST"):
        if not has_password:
            reader.refuse("BDA_DB_PASSWORD", "is required when BDA_DB_HOST is set, but not set")
        return
    for name in filter(reader.is_set, _WAREHOUSE_ADDRESS):
        reader.refuse(
            name,
            "is set but BDA_DB_HOST is not: set BDA_DB_HOST too, or unset this one "
            f"to use the Airflow connection '{ids.airflow_warehouse}'",
        )


def _check_access_key(reader: EnvironmentReader) -> None:
    key, secret = "BDA_S3_ACCESS_KEY", "BDA_S3_SECRET_ACCESS_KEY"
    for name, other in ((key, secret), (secret, key)):
        if reader.is_set(other) and not reader.is_set(name):
            reader.refuse(name, f"is required when {other} is set; unset both to use the execution role")


def _check_deadline(reader: EnvironmentReader, schedule: str) -> None:
    if reader.is_set("BDA_DEADLINE") and schedule != "off" and starts_at(schedule) is None:
        reader.refuse("BDA_DEADLINE", "needs a BDA_SCHEDULE that starts runs at one time of day; unset one of them")
