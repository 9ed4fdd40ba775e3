"""The table of all `BDA_*` environment variables: the one source of their names, defaults and meanings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Variable:
    """One environment variable; `default` is text as it would be set, empty if there is none."""

    name: str
    required: bool
    default: str
    description: str


DOCUMENTED_VARIABLES = (
    Variable("BDA_CLIENT_ID", True, "", "Client: chooses the script layer and starts every S3 key"),
    Variable("BDA_ENVIRONMENT", False, "", "local, dev, stage or prod; unset: prod on AWS, else local"),
    Variable("BDA_LOG_LEVEL", False, "info", "debug, info, warn or error"),
    Variable("BDA_DB_HOST", False, "", "Warehouse host; unset: the Airflow connection octopus is used"),
    Variable("BDA_DB_PORT", False, "5432", "Warehouse port"),
    Variable("BDA_DB_NAME", False, "octopus", "Warehouse database"),
    Variable("BDA_DB_USER", False, "billing_aggregator", "Warehouse user"),
    Variable("BDA_DB_PASSWORD", False, "", "Warehouse password; required with BDA_DB_HOST"),
    Variable(
        "BDA_DB_MAX_CONNS",
        False,
        "4",
        "Tasks of the DAG that run at once; an export takes the connections that are free",
    ),
    Variable("BDA_DB_MAX_IDLE", False, "0", "Accepted, no effect: a task keeps no idle connection"),
    Variable("BDA_DB_MINUTES_IDLE", False, "5", "Accepted, no effect: a task keeps no idle connection"),
    Variable("BDA_S3_BUCKET", True, "", "Bucket of the CSV exports"),
    Variable("BDA_S3_REGION", False, "eu-central-1", "Region of the bucket"),
    Variable("BDA_S3_URL", False, "", "S3 endpoint other than that of AWS"),
    Variable("BDA_S3_ACCESS_KEY", False, "", "Access key; unset: the execution role"),
    Variable("BDA_S3_SECRET_ACCESS_KEY", False, "", "Secret of the access key; only together with it"),
    Variable(
        "BDA_EXPORT_KEY",
        False,
        "{client}/{environment}/{system}_{table}_{chunk:04d}.csv",
        "Keys of a system's results; all its fields are shown",
    ),
    Variable(
        "BDA_ARCHIVE_KEY",
        False,
        "{client}/{environment}/archive/{system}/{script}/{date}/{script}_{chunk:04d}.csv",
        "Keys of the archive; all its fields are shown",
    ),
    Variable(
        "BDA_EXPORT_CONNECTIONS",
        False,
        "",
        "Sessions of its role up to which an export opens connections; unset: BDA_DB_MAX_CONNS",
    ),
    Variable("BDA_EXPORT_COMPRESSION", False, "none", "none, or gzip: keys end in .csv.gz"),
    Variable("BDA_EXPORT_DIALECT", False, "rfc4180", "rfc4180, or excel-de: semicolon, decimal comma, CR LF, BOM"),
    Variable("BDA_EXPORT_DELIMITER", False, "", "Between two values; \\t is a tab; unset: the dialect's"),
    Variable("BDA_EXPORT_QUOTE", False, "", "Around values that need it; unset: the dialect's"),
    Variable("BDA_EXPORT_NULL", False, "", "Text of NULL; unset: nothing"),
    Variable("BDA_EXPORT_ENCODING", False, "", "PostgreSQL's name of an encoding, such as win1252; unset: utf8"),
    Variable("BDA_EXPORT_DECIMAL_COMMA", False, "", "true: 1234,50; unset: the dialect's"),
    Variable("BDA_EXPORT_HEADER", False, "", "false: no line of column names; unset: true"),
    Variable("BDA_EXPORT_IF_EMPTY", False, "header", "Without rows: one file with the header, skip it, or fail"),
    Variable("BDA_EXPORT_ON_SCHEMA_CHANGE", False, "warn", "warn or fail when columns differ from the last export's"),
    Variable(
        "BDA_EXPORT_COMPARE_SUMS", False, "false", "true: add the numbers up in the files before they are published"
    ),
    Variable("BDA_EXPORT_VERIFY", False, "false", "true: a task after each system's export reads the files again"),
    Variable("BDA_EXPORT_SSE", False, "", "AES256 or aws:kms; unset: as the bucket does"),
    Variable("BDA_EXPORT_KMS_KEY_ID", False, "", "Key of aws:kms; unset: the account's"),
    Variable("BDA_EXPORT_TAGS", False, "", "Object tags: team=billing,cost=42"),
    Variable("BDA_EXPORT_METADATA", False, "", "Object metadata: source=octopus; the run's ids are added"),
    Variable("BDA_SYSTEMS", False, "tripica,bookkeeper", "Systems to run, separated by commas"),
    Variable("BDA_IGNORE_SYSTEMS", False, "", "Systems not to run, separated by commas"),
    Variable("BDA_MAX_ROW_SIZE_FILE", False, "1000000", "Rows of a CSV file at most"),
    Variable("BDA_SCRIPTS_DIR", False, "", "Folder of the SQL scripts; unset: include/sql of this project"),
    Variable("BDA_DRY_RUN", False, "false", "true: run the scripts, but upload nothing"),
)

# Variables of the development stack: they configure no run, but must not count as misspelled.
DEVELOPMENT_VARIABLES = frozenset({"BDA_PG_BINDIR"})

DEFAULTS = {variable.name: variable.default for variable in DOCUMENTED_VARIABLES}
