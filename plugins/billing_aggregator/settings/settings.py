"""The settings of a deployment, read from `BDA_*` environment variables and validated all at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import permutations

from pydantic import ValidationError, ValidationInfo, field_validator

from billing_aggregator.errors import SettingsError
from billing_aggregator.settings.connections import ConnectionIds, connection_variables
from billing_aggregator.settings.deadline import interval_until, starts_at
from billing_aggregator.settings.environment import (
    in_order,
    refuse_line_ends_of_windows,
    unknown_variables,
    variables_of,
    wrong_value,
)
from billing_aggregator.settings.exports import EXPORT_VARIABLES
from billing_aggregator.settings.variables import LOG_LEVELS, OWN_VARIABLES, VARIABLES, Variables
from postgres_to_s3.options.export_options import ExportOptions
from postgres_to_s3.options.keys import fill_key

_AWS_MARKERS = (
    "AWS_EXECUTION_ENV",
    "AIRFLOW_ENV_NAME",
    "ECS_CONTAINER_METADATA_URI",
    "ECS_CONTAINER_METADATA_URI_V4",
)
# What to do about keys outside the folder of client and environment.
FOLDER_REMEDY = "begin the key with {client}/{environment}/, or allow its folder in the policy of the role"
_WAREHOUSE_ADDRESS = ("BDA_DB_PORT", "BDA_DB_NAME", "BDA_DB_USER", "BDA_DB_PASSWORD")


class Settings(Variables):
    """All settings.

    :param export: how the files of all exports are written
    :param is_one_of_many: there are other clients in this environment (`BDA_CLIENTS`)
    """

    export: ExportOptions
    is_one_of_many: bool = False

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], *, is_one_of_many: bool = False) -> Settings:
        """Read and check every `BDA_*` variable of one client.

        :raises SettingsError: with all problems; a value is never part of it
        """
        refuse_line_ends_of_windows(environ)
        given = variables_of(environ)
        given.setdefault("BDA_ENVIRONMENT", "prod" if any(map(environ.get, _AWS_MARKERS)) else "local")
        own = {name: value for name, value in given.items() if name in OWN_VARIABLES}
        export = {option: given[name] for name, option in EXPORT_VARIABLES.items() if name in given}
        ids = ConnectionIds(given.get("BDA_CLIENT_ID", ""), is_one_of_many)
        unknown = unknown_variables(environ, VARIABLES.keys() - {"BDA_CLIENTS"})
        problems = [*_incomplete(given, ids), *(sentence for _, sentence in unknown)]
        try:
            settings = cls.model_validate({**own, "export": export, "is_one_of_many": is_one_of_many})
        except ValidationError as error:
            problems = [*map(wrong_value, error.errors()), *problems]
        if problems:
            raise SettingsError(in_order(problems))
        return settings

    @field_validator("export", mode="before")
    @classmethod
    def _share_connections(cls, given: Mapping[str, object], info: ValidationInfo) -> Mapping[str, object]:
        return {"connections": info.data.get("db_max_conns", 1), **given}

    @field_validator("deadline")
    @classmethod
    def _check_deadline(cls, deadline: str, info: ValidationInfo) -> str:
        schedule = info.data.get("schedule", "off")
        if schedule != "off" and starts_at(schedule) is None:
            raise ValueError("needs a BDA_SCHEDULE that starts runs at one time of day; unset one of them")
        return deadline

    @property
    def export_arguments(self) -> Mapping[str, object]:
        """The operator's arguments that all exports share; the rows of a file are a parameter of the run."""
        return self.export.model_dump(include={*EXPORT_VARIABLES.values()} - {"max_rows_per_file"})

    @property
    def export_keys(self) -> tuple[str, str]:
        """The key templates of results and archive, with the fields filled in that are the same for all exports."""
        values = {"client": self.client_id, "environment": self.environment}
        return fill_key(self.export_key, values), fill_key(self.archive_key, values)

    @property
    def keys_outside_folder(self) -> list[str]:
        """A problem for each key template whose files lie outside `<client>/<environment>/`, which Terraform allows."""
        folder = f"{self.client_id}/{self.environment}/"
        keys = zip(("BDA_EXPORT_KEY", "BDA_ARCHIVE_KEY"), self.export_keys, strict=True)
        return [
            f"{name} leads out of the folder '{folder}', the only one that the policy of terraform/ allows"
            for name, key in keys
            if not key.startswith(folder)
        ]

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
        return self._ids.aws if self._has_own_s3 else self._ids.airflow_aws

    @property
    def _has_own_s3(self) -> bool:
        """Whether a variable says how to reach S3."""
        return bool({"s3_region", "s3_url", "s3_access_key"} & self.model_fields_set)

    @property
    def _ids(self) -> ConnectionIds:
        return ConnectionIds(self.client_id, self.is_one_of_many)

    def connection_variables(self) -> dict[str, str]:
        """The connections that come from `BDA_*` as Airflow's variables `AIRFLOW_CONN_<ID>`: JSON with secrets."""
        return connection_variables(self, self._ids, has_own_s3=self._has_own_s3)


def _incomplete(given: Mapping[str, str], ids: ConnectionIds) -> Iterator[str]:
    """Return each variable that lacks another one."""
    if "BDA_CLIENTS" in given:
        yield "BDA_CLIENTS is set where the settings of one client are needed; unset it"
    if "BDA_DB_HOST" in given and "BDA_DB_PASSWORD" not in given:
        yield "BDA_DB_PASSWORD is required when BDA_DB_HOST is set, but not set"
    if "BDA_DB_HOST" not in given:
        for name in filter(lambda each: given.get(each, "").strip(), _WAREHOUSE_ADDRESS):
            yield (
                f"{name} is set but BDA_DB_HOST is not: set BDA_DB_HOST too, or unset this one "
                f"to use the Airflow connection '{ids.airflow_warehouse}'"
            )
    for name, other in permutations(("BDA_S3_ACCESS_KEY", "BDA_S3_SECRET_ACCESS_KEY")):
        if other in given and name not in given:
            yield f"{name} is required when {other} is set; unset both to use the execution role"
