"""The table of all `BDA_*` environment variables: each field is one, with its kind, default and meaning."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from billing_aggregator.settings.exports import EXPORT_VARIABLES
from billing_aggregator.settings.kinds import (
    BUCKET,
    FOLDER,
    HOST,
    KEY_PART,
    METRICS_NAMESPACE,
    REGION,
    SCHEDULE,
    SECRET,
    SESSION_SETTINGS,
    TIME_OF_DAY,
    TOPIC,
    address,
    key_template,
)
from postgres_to_s3.options.export_options import ExportOptions
from postgres_to_s3.options.kinds import BOOLEAN, Kind, choice, integer, names_of, read_text
from postgres_to_s3.options.option_table import OptionTable, option, reference

ENVIRONMENTS = ("local", "dev", "stage", "prod")
LOG_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
SECOND_RUN = ("wait", "refuse")
DEFAULT_SYSTEMS = ("tripica", "bookkeeper")
_NUMBER = 2**31 - 1
_NAME = Kind("name", read_text)
_KEY_ID = Kind("id of an access key", SecretStr)
_S3_ADDRESS = address(instead="set BDA_S3_ACCESS_KEY and BDA_S3_SECRET_ACCESS_KEY")
_RESULT_KEY = key_template(("system", "table"), ("client", "environment"))
_ARCHIVE_KEY = key_template(("system", "script"), ("date", "client", "environment"))


def setting(variable: str, default: object, meaning: str, *, unset: str = "", example: str = "") -> Any:
    """Return a row of the table; the parameters are those of ``option``.

    :param example: a value, for the error that asks for a required variable
    """
    return option(default, meaning, unset=unset, alias=variable, examples=[example])


class Variables(OptionTable):
    """What a deployment can set, without the options of exports."""

    client_id: Annotated[str, KEY_PART] = setting(
        "BDA_CLIENT_ID", ..., "The client: chooses the script layer and begins every S3 key.", example="enercity"
    )
    clients: Annotated[tuple[str, ...] | None, names_of("client")] = setting(
        "BDA_CLIENTS",
        None,
        "Several clients instead of `BDA_CLIENT_ID`, separated by commas; each may have every other variable of its own"
        " as `BDA_<CLIENT>_<NAME>` ([below](#several-clients)).",
        unset="one client",
    )
    environment: Annotated[str, choice(ENVIRONMENTS)] = setting(
        "BDA_ENVIRONMENT",
        "local",
        "What the deployment is for. In `local` and `dev` the sources may be of any age.",
        unset="`prod` on AWS, else `local`",
    )
    log_level: Annotated[str, choice(LOG_LEVELS)] = setting("BDA_LOG_LEVEL", "info", "What is logged.")
    db_host: Annotated[str | None, HOST] = setting(
        "BDA_DB_HOST", None, "Host of the warehouse.", unset="the Airflow connection `octopus`"
    )
    db_port: Annotated[int, integer(1, 65535)] = setting("BDA_DB_PORT", 5432, "Port of the warehouse.")
    db_name: Annotated[str, _NAME] = setting("BDA_DB_NAME", "octopus", "Database of the warehouse.")
    db_user: Annotated[str, _NAME] = setting("BDA_DB_USER", "billing_aggregator", "User of the warehouse.")
    db_password: Annotated[SecretStr | None, SECRET] = setting(
        "BDA_DB_PASSWORD", None, "Password of the user.", unset="required with `BDA_DB_HOST`"
    )
    db_max_conns: Annotated[int, integer(1, _NUMBER)] = setting(
        "BDA_DB_MAX_CONNS", 4, "Tasks of the DAG that run at once; an export takes the connections that are free."
    )
    db_max_idle: Annotated[int, integer(0, _NUMBER)] = setting(
        "BDA_DB_MAX_IDLE", 0, "Accepted without effect: a task keeps no idle connection."
    )
    db_minutes_idle: Annotated[int, integer(0, _NUMBER)] = setting(
        "BDA_DB_MINUTES_IDLE", 5, "Accepted without effect: a task keeps no idle connection."
    )
    s3_bucket: Annotated[str, BUCKET] = setting(
        "BDA_S3_BUCKET", ..., "Bucket of the CSV files.", example="billing-exports"
    )
    s3_region: Annotated[str, REGION] = setting("BDA_S3_REGION", "eu-central-1", "Region of the bucket.")
    s3_url: Annotated[str | None, _S3_ADDRESS] = setting(
        "BDA_S3_URL", None, "Address of an S3 server other than that of AWS.", unset="AWS"
    )
    s3_access_key: Annotated[SecretStr | None, _KEY_ID] = setting(
        "BDA_S3_ACCESS_KEY", None, "Who writes to the bucket.", unset="the execution role"
    )
    s3_secret_access_key: Annotated[SecretStr | None, SECRET] = setting(
        "BDA_S3_SECRET_ACCESS_KEY", None, "Secret of the access key; only together with it.", unset="the execution role"
    )
    systems: Annotated[tuple[str, ...] | None, names_of("system")] = setting(
        "BDA_SYSTEMS", None, "Systems to run, separated by commas.", unset=f"`{','.join(DEFAULT_SYSTEMS)}`"
    )
    ignore_systems: Annotated[tuple[str, ...], names_of("system")] = setting(
        "BDA_IGNORE_SYSTEMS", (), "Systems not to run, separated by commas.", unset="none"
    )
    scripts_dir: Annotated[Path | None, FOLDER] = setting(
        "BDA_SCRIPTS_DIR", None, "Folder of the SQL scripts.", unset="`include/sql` in or beside the DAGs folder"
    )
    script_session: Annotated[Mapping[str, str] | None, SESSION_SETTINGS] = setting(
        "BDA_SCRIPT_SESSION",
        None,
        "Settings of PostgreSQL for the sessions that run scripts, on top of or instead of the pipeline's own.",
        unset="those of `include/sql/README.md`",
    )
    source_url: Annotated[str | None, address()] = setting(
        "BDA_SOURCE_URL",
        None,
        "Where people read the files of this release, such as `https://github.com/acme/billing/blob/v1.0.0`: the "
        "documentation of tasks links to the scripts and business rules there.",
        unset="it names them",
    )
    access_roles: Annotated[tuple[str, ...], names_of("role")] = setting(
        "BDA_ACCESS_ROLES",
        (),
        "Roles of Airflow that may see and trigger the client's DAGs, besides those that may do so with all DAGs.",
        unset="none",
    )
    schedule: Annotated[str, SCHEDULE] = setting(
        "BDA_SCHEDULE",
        "0 2 * * *",
        "When a run starts (UTC); `off`: by hand only, as for the first trial of a deployment.",
    )
    second_run: Annotated[str, choice(SECOND_RUN)] = setting(
        "BDA_SECOND_RUN", "wait", "What a run does that finds another one building in the same warehouse."
    )
    dry_run: Annotated[bool, BOOLEAN] = setting(
        "BDA_DRY_RUN",
        False,
        "Build, check and measure everything, and roll it back: nothing changes in the warehouse or in S3.",
    )
    export_key: Annotated[str, _RESULT_KEY] = setting(
        "BDA_EXPORT_KEY",
        "{client}/{environment}/{system}_{table}_{chunk:04d}.csv",
        "Keys of a system's results; the default shows all fields.",
    )
    archive_key: Annotated[str, _ARCHIVE_KEY] = setting(
        "BDA_ARCHIVE_KEY",
        "{client}/{environment}/archive/{system}/{script}/{date}/{script}_{chunk:04d}.csv",
        "Keys of the archive; the default shows all fields.",
    )
    report_html: Annotated[bool, BOOLEAN] = setting(
        "BDA_REPORT_HTML",
        False,
        "Write the report of each run as `reports/<business date>/<run>/run.html` beside the manifests, and "
        "that of the day as `reports/<business date>/run.html`.",
    )
    export_verify: Annotated[bool, BOOLEAN] = setting(
        "BDA_EXPORT_VERIFY",
        False,
        "A task after each system's export reads the files again and compares them with the manifest.",
    )
    alert_topic_arn: Annotated[str | None, TOPIC] = setting(
        "BDA_ALERT_TOPIC_ARN",
        None,
        "SNS topic that is told of failures, refused checks, shrunk exports and late runs.",
        unset="nobody",
    )
    alert_shrink: Annotated[int, integer(1, 100)] = setting(
        "BDA_ALERT_SHRINK",
        20,
        "An export that lost more than this percentage of the rows of the one before has shrunk.",
    )
    deadline: Annotated[str, TIME_OF_DAY] = setting(
        "BDA_DEADLINE", "04:00", "When a scheduled run is late (UTC): the first such time after its start."
    )
    metrics_namespace: Annotated[str | None, METRICS_NAMESPACE] = setting(
        "BDA_METRICS_NAMESPACE", None, "CloudWatch namespace of the run's metrics.", unset="not sent to CloudWatch"
    )


OWN_VARIABLES = {str(row.alias): row for row in Variables.model_fields.values()}
VARIABLES: dict[str, FieldInfo] = OWN_VARIABLES | {
    variable: ExportOptions.model_fields[name] for variable, name in EXPORT_VARIABLES.items()
}
SECRETS = {name for name, row in VARIABLES.items() if SecretStr in get_args(row.annotation)}

# Variables of the development stack: they configure no run, but must not count as misspelled.
DEVELOPMENT_VARIABLES = frozenset({"BDA_CHROMIUM", "BDA_PG_BINDIR", "BDA_PG_PROFILE"})


def settings_reference() -> str:
    """The table for the documentation, in Markdown."""
    return reference("variable", VARIABLES, {"BDA_EXPORT_CONNECTIONS": "`BDA_DB_MAX_CONNS`"})
