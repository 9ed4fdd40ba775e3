"""Settings of the exports: they reach the operator by the names of its arguments and are checked by the same rules."""

from __future__ import annotations

import pytest

from billing_aggregator.errors import SettingsError
from billing_aggregator.settings.exports import EXPORT_VARIABLES
from billing_aggregator.settings.settings import Settings
from postgres_to_s3.options.export_options import ExportOptions

MINIMUM = {"BDA_CLIENT_ID": "enercity", "BDA_ENVIRONMENT": "prod", "BDA_S3_BUCKET": "billing-exports"}
OPTIONS: dict[str, tuple[str, object]] = {
    "connections": ("3", 3),
    "compression": ("GZIP", "gzip"),
    "dialect": ("Excel-DE", "excel-de"),
    "delimiter": ("\\t", "\t"),
    "quote": ("'", "'"),
    "null": ("NULL", "NULL"),
    "encoding": ("WIN1252", "win1252"),
    "decimal_comma": ("no", False),
    "header": ("off", False),
    "if_empty": ("skip", "skip"),
    "on_schema_change": ("fail", "fail"),
    "sse": ("AWS:KMS", "aws:kms"),
    "kms_key_id": ("alias/billing", "alias/billing"),
    "tags": ("team=billing, cost=42", {"team": "billing", "cost": "42"}),
    "metadata": ("source=octopus", {"source": "octopus"}),
    "part_bytes": ("5242880", 5242880),
}


def read(**variables: str) -> Settings:
    return Settings.from_environment(MINIMUM | variables)


def problems_of(**variables: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read(**variables)
    return caught.value.problems


def test_what_is_set_reaches_the_operator() -> None:
    arguments = read(**{f"BDA_EXPORT_{name.upper()}": text for name, (text, _) in OPTIONS.items()}).export_arguments

    assert {name: arguments[name] for name in OPTIONS} == {name: value for name, (_, value) in OPTIONS.items()}


def test_every_option_but_those_that_differ_by_export_has_a_variable() -> None:
    by_export = {"columns", "order_by", "amounts", "notes"}

    assert [*EXPORT_VARIABLES.values()] == [name for name in ExportOptions.model_fields if name not in by_export]
    assert read().export_arguments.keys() == {*EXPORT_VARIABLES.values()} - {"max_rows_per_file"}


def test_the_rows_of_a_file_are_a_setting_of_their_own_name_and_a_parameter_of_the_run() -> None:
    settings = read(BDA_MAX_ROW_SIZE_FILE="50")

    assert settings.export.max_rows_per_file == 50
    assert "max_rows_per_file" not in settings.export_arguments


def test_what_is_unset_has_the_default_of_the_operator() -> None:
    arguments = read().export_arguments

    assert arguments == {name: ExportOptions.model_fields[name].default for name in arguments} | {"connections": 4}


def test_client_and_environment_are_filled_into_the_keys() -> None:
    settings = read(BDA_ARCHIVE_KEY="old/{client}/{system}/{script}/{chunk}.csv")

    assert settings.export_keys == (
        "enercity/prod/{system}_{table}_{chunk:04d}.csv",
        "old/enercity/{system}/{script}/{chunk}.csv",
    )


@pytest.mark.parametrize(
    ("key", "prefix"),
    [
        ("{client}/{environment}/{system}_{table}_{chunk}.csv", "enercity/prod"),
        ("exports/{system}/{table}/{chunk}.csv", "exports"),
        ("{system}/{table}/{chunk}.csv", ""),
    ],
)
def test_the_folder_of_all_results_is_what_their_keys_have_in_common(key: str, prefix: str) -> None:
    assert read(BDA_EXPORT_KEY=key).s3_prefix == prefix


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("BDA_EXPORT_KEY", "{system}_{table}.csv", "must hold the chunk number exactly once"),
        ("BDA_EXPORT_KEY", "{system}_{table}_{chunk}_{chunk}.csv", "must hold the chunk number exactly once"),
        ("BDA_EXPORT_KEY", "{table}_{chunk}.csv", "must hold {system} before the chunk number"),
        ("BDA_EXPORT_KEY", "{chunk}_{system}_{table}.csv", "must hold {system} and {table} before the chunk number"),
        ("BDA_EXPORT_KEY", "{system}_{table}_{day}_{chunk}.csv", "may hold no other fields than {system}, {table}"),
        ("BDA_EXPORT_KEY", "{system}_{table}_{date}_{chunk}.csv", "may hold no other fields than {system}, {table}"),
        ("BDA_EXPORT_KEY", "{system}_{table}_{chunk}}.csv", "may hold no other fields than {system}, {table}"),
        ("BDA_EXPORT_KEY", "{system}_{table}{chunk}.csv", "must have a character such as '_' right before the chunk"),
        ("BDA_EXPORT_KEY", "{system}_{table}_2{chunk}.csv", "must have a character such as '_' right before the chunk"),
        ("BDA_EXPORT_KEY", "/{system}_{table}_{chunk}.csv", "must not begin with '/' nor end in '.gz'"),
        ("BDA_ARCHIVE_KEY", "{system}/{date}/{chunk}.csv.gz", "must hold {script} before the chunk number"),
        ("BDA_EXPORT_COMPRESSION", "zip", "must be one of none, gzip, found 3 characters"),
        ("BDA_EXPORT_DIALECT", "excel", "must be one of rfc4180, excel-de, found 5 characters"),
        ("BDA_EXPORT_DELIMITER", ";;", "must be one visible ASCII character, a blank or a tab"),
        ("BDA_EXPORT_ENCODING", "utf16", "must be one of utf8, latin1"),
        ("BDA_EXPORT_DECIMAL_COMMA", "true", "needs another delimiter than ','"),
        ("BDA_EXPORT_NULL", "-1", "must not look like a number"),
        ("BDA_EXPORT_HEADER", "?", "must be true or false, found 1 character"),
        ("BDA_EXPORT_IF_EMPTY", "?", "must be one of header, skip, fail, found 1 character"),
        ("BDA_EXPORT_KMS_KEY_ID", "x", "needs sse 'aws:kms'"),
        ("BDA_EXPORT_TAGS", "team", "must be different name=value pairs, found 4 characters"),
        ("BDA_EXPORT_COLUMNS", "a", "is not a known variable"),
    ],
)
def test_a_wrong_value_is_named_with_the_rule(name: str, value: str, expected: str) -> None:
    assert problems_of(**{name: value})[0].startswith(f"{name} {expected}")


def test_all_problems_come_at_once() -> None:
    found = problems_of(BDA_EXPORT_KEY="x", BDA_EXPORT_DIALECT="?", BDA_EXPORT_SSE="?", BDA_DRY_RUN="?")

    assert {problem.split()[0] for problem in found} == {
        "BDA_EXPORT_KEY",
        "BDA_EXPORT_DIALECT",
        "BDA_EXPORT_SSE",
        "BDA_DRY_RUN",
    }
