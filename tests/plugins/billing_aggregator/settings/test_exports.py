"""Settings of the exports: they reach the operator by the names of its arguments and are checked by the same rules."""

from __future__ import annotations

import pytest

from billing_aggregator.errors import SettingsError
from billing_aggregator.settings.exports import ARGUMENTS
from billing_aggregator.settings.settings import Settings

MINIMUM = {"BDA_CLIENT_ID": "enercity", "BDA_ENVIRONMENT": "prod", "BDA_S3_BUCKET": "billing-exports"}
EVERY_OPTION = {
    "compression": "GZIP",
    "dialect": "Excel-DE",
    "delimiter": "|",
    "quote": "'",
    "null": "NULL",
    "encoding": "WIN1252",
    "decimal_comma": "no",
    "header": "off",
    "if_empty": "skip",
    "on_schema_change": "fail",
    "compare_sums": "1",
    "sse": "aws:kms",
    "kms_key_id": "alias/billing",
    "tags": "team=billing, cost=42",
    "metadata": "source=octopus",
}


def read(**variables: str) -> Settings:
    return Settings.from_environment(MINIMUM | variables)


def problems_of(**variables: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read(**variables)
    return caught.value.problems


def test_every_option_has_a_variable_that_reaches_the_operator() -> None:
    assert set(EVERY_OPTION) == set(ARGUMENTS)

    settings = read(**{f"BDA_EXPORT_{name.upper()}": value for name, value in EVERY_OPTION.items()})

    expected = EVERY_OPTION | {
        "compression": "gzip",
        "dialect": "excel-de",
        "encoding": "win1252",
        "decimal_comma": "false",
        "header": "false",
        "compare_sums": "true",
    }
    assert settings.export.arguments == expected


def test_what_is_unset_is_left_to_the_operator() -> None:
    assert read().export.arguments == {}


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
        ("BDA_EXPORT_KEY", "{system}_{table}_{day}_{chunk}.csv", "holds the unknown field {day}: there are {system}"),
        ("BDA_EXPORT_KEY", "{system}_{table}_{date}_{chunk}.csv", "holds the unknown field {date}: there are"),
        ("BDA_EXPORT_KEY", "{system}_{table}_{chunk}}.csv", "holds the unknown field }: there are"),
        ("BDA_EXPORT_KEY", "{system}_{table}{chunk}.csv", "must have a character such as '_' right before the chunk"),
        ("BDA_EXPORT_KEY", "{system}_{table}_2{chunk}.csv", "must have a character such as '_' right before the chunk"),
        ("BDA_EXPORT_KEY", "/{system}_{table}_{chunk}.csv", "must not begin with '/' nor end in '.gz'"),
        ("BDA_ARCHIVE_KEY", "{system}/{date}/{chunk}.csv.gz", "must hold {script} before the chunk number"),
        ("BDA_EXPORT_COMPRESSION", "zip", "must be one of none, gzip, found 'zip'"),
        ("BDA_EXPORT_DIALECT", "excel", "must be one of rfc4180, excel-de, found 'excel'"),
        ("BDA_EXPORT_DELIMITER", ";;", "must be one visible ASCII character, a blank or a tab, found ';;'"),
        ("BDA_EXPORT_ENCODING", "utf16", "must be one of utf8, latin1"),
        ("BDA_EXPORT_DECIMAL_COMMA", "true", "needs another delimiter than ','"),
        ("BDA_EXPORT_COMPARE_SUMS", "?", "must be true or false, found '?'"),
        ("BDA_EXPORT_NULL", "-1", "must not look like a number, found '-1'"),
        ("BDA_EXPORT_HEADER", "?", "must be true or false, found '?'"),
        ("BDA_EXPORT_IF_EMPTY", "?", "must be one of header, skip, fail, found '?'"),
        ("BDA_EXPORT_KMS_KEY_ID", "x", "needs sse 'aws:kms', found None"),
        ("BDA_EXPORT_TAGS", "team", "must be different name=value pairs, found 'team'"),
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
