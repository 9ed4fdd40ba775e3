"""The table of all `BDA_*` environment variables: each field is one, with its kind, default and meaning."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from billing_aggregator.settings.exports import EXPORT_VARIABLES
from billing_aggregator.settings.kinds import (
    BUCKET,
    HOST,
    KEY_PART,
    METRICS_NAMESPACE,
    REGION,
    SCHEDULE,
    TIME_OF_DAY,
    TOPIC,
    Address,
    Folder,
    KeyTemplate,
    Secret,
    SessionSettings,
)
from postgres_to_s3.options.kinds import Boolean, Choice, Integer, Names, Text
from postgres_to_s3.options.option_table import Option, option, options_of, required_option

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
_DEPLOYMENT_FIELDS = ("client", "environment")


@dataclass(frozen=True, kw_only=True)
class Variables:
    """What a deployment can set; the variable of a field is its name in capitals after `BDA_`."""

    client_id: str = required_option(
        KEY_PART, "The client: chooses the script layer and begins every S3 key.", example="enercity"
    )
    clients: tuple[str, ...] | None = option(
        Names("client"),
        None,
        "Several clients instead of `BDA_CLIENT_ID`, separated by commas; each may have every other variable of its own"
        " as `BDA_<CLIENT>_<NAME>` ([below](#several-clients)).",
        unset="one client",
    )
    environment: str = option(
        Choice(ENVIRONMENTS),
        "local",
        "What the deployment is for. In `local` and `dev` the sources may be of any age.",
        unset="`prod` on AWS, else `local`",
    )
    log_level: str = option(Choice(tuple(LOG_LEVELS)), "info", "What is logged.")
    db_host: str | None = option(HOST, None, "Host of the warehouse.", unset="the Airflow connection `octopus`")
    db_port: int = option(Integer(1, 65535), 5432, "Port of the warehouse.")
    db_name: str = option(Text("name"), "octopus", "Database of the warehouse.")
    db_user: str = option(Text("name"), "billing_aggregator", "User of the warehouse.")
    db_password: SecretStr | None = option(
        Secret(keeps_blanks=True), None, "Password of the user.", unset="required with `BDA_DB_HOST`"
    )
    db_max_conns: int = option(
        Integer(1, _NUMBER), 4, "Tasks of the DAG that run at once; an export takes the connections that are free."
    )
    db_max_idle: int = option(Integer(0, _NUMBER), 0, "Accepted without effect: a task keeps no idle connection.")
    db_minutes_idle: int = option(Integer(0, _NUMBER), 5, "Accepted without effect: a task keeps no idle connection.")
    s3_bucket: str = required_option(BUCKET, "Bucket of the CSV files.", example="billing-exports")
    s3_region: str = option(REGION, "eu-central-1", "Region of the bucket.")
    s3_url: str | None = option(
        Address(instead="set BDA_S3_ACCESS_KEY and BDA_S3_SECRET_ACCESS_KEY"),
        None,
        "Address of an S3 server other than that of AWS.",
        unset="AWS",
    )
    s3_access_key: SecretStr | None = option(
        Secret("id of an access key"), None, "Who writes to the bucket.", unset="the execution role"
    )
    s3_secret_access_key: SecretStr | None = option(
        Secret(), None, "Secret of the access key; only together with it.", unset="the execution role"
    )
    systems: tuple[str, ...] | None = option(
        Names("system"),
        None,
        "Systems to run, separated by commas.",
        unset=f"`{','.join(DEFAULT_SYSTEMS)}`",
    )
    ignore_systems: tuple[str, ...] = option(
        Names("system"), (), "Systems not to run, separated by commas.", unset="none"
    )
    scripts_dir: Path | None = option(
        Folder(), None, "Folder of the SQL scripts.", unset="`include/sql` in or beside the DAGs folder"
    )
    script_session: Mapping[str, str] | None = option(
        SessionSettings(),
        None,
        "Settings of PostgreSQL for the sessions that run scripts, on top of or instead of the pipeline's own.",
        unset="those of `include/sql/README.md`",
    )
    source_url: str | None = option(
        Address(),
        None,
        "Where people read the files of this release, such as `https://github.com/acme/billing/blob/v1.0.0`: the "
        "documentation of tasks links to the scripts and business rules there.",
        unset="it names them",
    )
    access_roles: tuple[str, ...] = option(
        Names("role"),
        (),
        "Roles of Airflow that may see and trigger the client's DAGs, besides those that may do so with all DAGs.",
        unset="none",
    )
    schedule: str = option(
        SCHEDULE, "0 2 * * *", "When a run starts (UTC); `off`: by hand only, as for the first trial of a deployment."
    )
    second_run: str = option(
        Choice(SECOND_RUN), "wait", "What a run does that finds another one building in the same warehouse."
    )
    dry_run: bool = option(
        Boolean(),
        False,
        "Build, check and measure everything, and roll it back: nothing changes in the warehouse or in S3.",
    )
    export_key: str = option(
        KeyTemplate(("system", "table"), _DEPLOYMENT_FIELDS),
        "{client}/{environment}/{system}_{table}_{chunk:04d}.csv",
        "Keys of a system's results; the default shows all fields.",
    )
    archive_key: str = option(
        KeyTemplate(("system", "script"), ("date", *_DEPLOYMENT_FIELDS)),
        "{client}/{environment}/archive/{system}/{script}/{date}/{script}_{chunk:04d}.csv",
        "Keys of the archive; the default shows all fields.",
    )
    report_html: bool = option(
        Boolean(),
        False,
        "Write the report of each run as `reports/<business date>/<run>/run.html` beside the manifests, and "
        "that of the day as `reports/<business date>/run.html`.",
    )
    export_verify: bool = option(
        Boolean(),
        False,
        "A task after each system's export reads the files again and compares them with the manifest.",
    )
    alert_topic_arn: str | None = option(
        TOPIC, None, "SNS topic that is told of failures, refused checks, shrunk exports and late runs.", unset="nobody"
    )
    alert_shrink: int = option(
        Integer(1, 100), 20, "An export that lost more than this percentage of the rows of the one before has shrunk."
    )
    deadline: str = option(
        TIME_OF_DAY, "04:00", "When a scheduled run is late (UTC): the first such time after its start."
    )
    metrics_namespace: str | None = option(
        METRICS_NAMESPACE, None, "CloudWatch namespace of the run's metrics.", unset="not sent to CloudWatch"
    )


def variable_name(field: str) -> str:
    """The environment variable of a field of the table."""
    return f"BDA_{field.upper()}"


OWN_VARIABLES = {variable_name(name): row for name, row in options_of(Variables).items()}
VARIABLES: dict[str, Option] = OWN_VARIABLES | EXPORT_VARIABLES

# Variables of the development stack: they configure no run, but must not count as misspelled.
DEVELOPMENT_VARIABLES = frozenset({"BDA_CHROMIUM", "BDA_PG_BINDIR", "BDA_PG_PROFILE"})


def settings_reference() -> str:
    """The table for the documentation, in Markdown."""
    rows = [
        f"| `{name}` | {row.kind.words} | {'**required**' if row.is_required else row.default_words} | {row.meaning} |"
        for name, row in VARIABLES.items()
    ]
    return "\n".join(["| variable | value | default | meaning |", "|---|---|---|---|", *rows]) + "\n"
