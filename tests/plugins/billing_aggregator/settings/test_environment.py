"""Wrong settings are one error that lists every problem, with the rule and without secrets."""

from __future__ import annotations

import pytest

from billing_aggregator.errors import SettingsError
from billing_aggregator.settings.settings import Settings
from billing_aggregator.settings.variables import VARIABLES

MINIMUM = {"BDA_CLIENT_ID": "enercity", "BDA_S3_BUCKET": "billing-exports"}
WAREHOUSE = {"BDA_DB_HOST": "octopus.example.com", "BDA_DB_PASSWORD": "p4ss-w0rd"}


def problems_of(environ: dict[str, str]) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment(environ)
    return caught.value.problems


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "BDA_CLIENT_ID",
            "a/b",
            "must be letters, digits, '-', '_' and '.', beginning with a letter or digit",
        ),
        ("BDA_CLIENT_ID", "..", "must be letters"),
        ("BDA_CLIENT_ID", "münchen", "must be letters"),
        ("BDA_S3_BUCKET", "UPPER", "must be a bucket name"),
        ("BDA_S3_BUCKET", "s3://bucket", "must be a bucket name"),
        ("BDA_S3_BUCKET", "ab", "must be a bucket name"),
        ("BDA_S3_BUCKET", "10.0.0.1", "must be a bucket name"),
        ("BDA_ENVIRONMENT", "production", "must be one of local, dev, stage, prod, found 10 characters"),
        ("BDA_LOG_LEVEL", "loud", "must be one of debug, info, warn, warning, error, found 4 characters"),
        ("BDA_DB_MAX_CONNS", "0", "must be a whole number from 1 to 2147483647, found 1 digit"),
        ("BDA_DB_MINUTES_IDLE", "-1", "must be a whole number from 0"),
        ("BDA_MAX_ROW_SIZE_FILE", "1e6", "must be a whole number from 1 to 1000000000, found 3 characters"),
        ("BDA_MAX_ROW_SIZE_FILE", "1000000001", "must be a whole number from 1 to 1000000000, found 10 digits"),
        ("BDA_S3_REGION", "EU Central", "must be a region such as eu-central-1, found 10 characters"),
        ("BDA_S3_URL", "localhost:8333", "must be an http:// or https:// address, found 14 characters"),
        ("BDA_SYSTEMS", "a,b,a", "must not name a system twice"),
        ("BDA_SYSTEMS", ",", "must name at least one system"),
        ("BDA_IGNORE_SYSTEMS", "b,b", "must not name a system twice"),
        ("BDA_DRY_RUN", "maybe", "must be true or false, found 5 characters"),
    ],
)
def test_a_wrong_value_is_named_with_the_rule(name: str, value: str, expected: str) -> None:
    (problem,) = problems_of(MINIMUM | {name: value})

    assert problem.startswith(f"{name} {expected}")


@pytest.mark.parametrize(
    ("port", "found"),
    [("0", "1 digit"), ("65536", "5 digits"), ("5432.0", "6 characters"), ("postgres", "8 characters")],
)
def test_a_wrong_port_is_an_error(port: str, found: str) -> None:
    (problem,) = problems_of(MINIMUM | WAREHOUSE | {"BDA_DB_PORT": port})

    assert problem == f"BDA_DB_PORT must be a whole number from 1 to 65535, found {found}"


def test_required_variables_are_asked_for_with_an_example() -> None:
    assert problems_of({}) == (
        "BDA_CLIENT_ID is required but not set, for example BDA_CLIENT_ID=enercity",
        "BDA_S3_BUCKET is required but not set, for example BDA_S3_BUCKET=billing-exports",
    )


def test_a_startup_script_with_the_line_ends_of_windows_is_the_only_problem() -> None:
    environ = {name: f"{value}\r" for name, value in MINIMUM.items()} | {"BDA_DRY_RUN": "maybe"}

    assert problems_of(environ) == (
        "BDA_CLIENT_ID and BDA_S3_BUCKET end in a carriage return: the startup script has the line ends of Windows"
        " (CR LF); write it with those of Unix (LF), upload it and update the environment",
    )


def test_a_host_without_password_is_an_error() -> None:
    assert problems_of(MINIMUM | {"BDA_DB_HOST": "db"}) == (
        "BDA_DB_PASSWORD is required when BDA_DB_HOST is set, but not set",
    )


@pytest.mark.parametrize("name", ["BDA_DB_PORT", "BDA_DB_NAME", "BDA_DB_USER", "BDA_DB_PASSWORD"])
def test_a_warehouse_address_without_host_is_an_error(name: str) -> None:
    (problem,) = problems_of(MINIMUM | {name: "5433"})

    assert problem.startswith(f"{name} is set but BDA_DB_HOST is not")
    assert "'octopus'" in problem


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ("BDA_S3_ACCESS_KEY", "BDA_S3_SECRET_ACCESS_KEY"),
        ("BDA_S3_SECRET_ACCESS_KEY", "BDA_S3_ACCESS_KEY"),
    ],
)
def test_access_key_and_secret_come_only_together(given: str, missing: str) -> None:
    (problem,) = problems_of(MINIMUM | {given: "x"})

    assert problem.startswith(f"{missing} is required when {given} is set")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("BDA_CLIENT", "BDA_CLIENT_ID"),
        ("BDA_DB_PASWORD", "BDA_DB_PASSWORD"),
        ("BDA_MAX_ROWS_SIZE_FILE", "BDA_MAX_ROW_SIZE_FILE"),
    ],
)
def test_a_misspelled_variable_is_an_error_with_the_nearest_name(name: str, meant: str) -> None:
    assert problems_of(MINIMUM | {name: "1"}) == (f"{name} is not a known variable; did you mean {meant}?",)


def test_all_problems_come_in_one_error_in_the_order_of_the_table() -> None:
    found = problems_of(
        {
            "BDA_ZEBRA": "1",
            "BDA_DRY_RUN": "?",
            "BDA_DB_HOST": "db",
            "BDA_DB_PORT": "?",
            "BDA_S3_URL": "?",
            "BDA_ENVIRONMENT": "?",
        }
    )

    assert [problem.split()[0] for problem in found] == [
        "BDA_CLIENT_ID",
        "BDA_ENVIRONMENT",
        "BDA_DB_PORT",
        "BDA_DB_PASSWORD",
        "BDA_S3_BUCKET",
        "BDA_S3_URL",
        "BDA_DRY_RUN",
        "BDA_ZEBRA",
    ]


SECRETS = WAREHOUSE | {"BDA_S3_ACCESS_KEY": "AKIA123", "BDA_S3_SECRET_ACCESS_KEY": "s3cr3t-key"}


@pytest.mark.parametrize(
    "variables",
    [
        {"BDA_DB_PORT": "x"},
        {"BDA_DB_HOST": "postgres://user:p4ss-w0rd@db/octopus"},
        {"BDA_S3_URL": "https://AKIA:s3cr3t-key@s3.example.com"},
        {"BDA_S3_URL": "https://AKIA:s3cr3t-key@[broken"},
        {"BDA_S3_BUCKET": "s3://AKIA:s3cr3t-key@bucket"},
        {"BDA_DB_PASWORD": "p4ss-w0rd"},
        {"BDA_S3_ACCESS_KEY": ""},
    ],
)
def test_errors_never_show_secrets(variables: dict[str, str]) -> None:
    text = "\n".join(problems_of(MINIMUM | SECRETS | variables))

    assert "p4ss-w0rd" not in text
    assert "s3cr3t-key" not in text


@pytest.mark.parametrize("secret", ["geheim-12345", "8417053926", "/k7MDENG+bPxRfiCYEXAMPLE=", "p4ss{w}rd, p4ss{w}rd"])
@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_a_secret_in_the_wrong_variable_is_never_shown(name: str, secret: str) -> None:
    try:
        Settings.from_environment(MINIMUM | WAREHOUSE | {"BDA_SYSTEM": "1", name: secret})
    except SettingsError as error:
        shown = str(error)

    assert "BDA_SYSTEM is not a known variable" in shown
    assert not [part for part in (secret, *secret.split(", "), secret.strip("/")) if part in shown]
