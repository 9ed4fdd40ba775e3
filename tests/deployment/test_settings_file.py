"""A settings file is checked when the package is built, not when an environment has failed to start."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deployment.checkout import ENVIRONMENTS
from deployment.errors import DeploymentError
from deployment.settings_file import read_settings
from tests.deployment.settings_files import write_settings
from tests.support.repository import REPO

EXAMPLES = sorted(
    {
        example
        for document in (REPO / "docs").rglob("*.md")
        for example in re.findall(r"`(BDA_(?:EXPORT|ARCHIVE)_KEY=[^`]+)`", document.read_text("utf-8"))
    }
)


def problem(folder: Path, *lines: str, **changed: str | None) -> str:
    with pytest.raises(DeploymentError) as caught:
        read_settings(write_settings(folder, *lines, **changed), "test")
    return str(caught.value)


@pytest.mark.parametrize("name", sorted(each.stem for each in ENVIRONMENTS.glob("*.env")))
def test_the_files_of_the_project_are_right_and_say_what_they_are_for(name: str) -> None:
    settings = read_settings(ENVIRONMENTS, name)

    assert settings.exported["BDA_ENVIRONMENT"] == name
    assert (ENVIRONMENTS / f"{name}.env").read_text().startswith("# ")


def test_comments_and_blank_lines_are_left_out_and_the_rest_is_exported_as_it_stands(tmp_path: Path) -> None:
    folder = write_settings(tmp_path, "", "# by hand only", "BDA_SCHEDULE=0 3 * * *", "AIRFLOW__CORE__PARALLELISM=8")

    settings = read_settings(folder, "test")

    assert settings.target.bucket == "billing-mwaa-test"
    assert settings.exported == {
        "BDA_CLIENT_ID": "enercity",
        "BDA_ENVIRONMENT": "dev",
        "BDA_S3_BUCKET": "billing-exports-test",
        "BDA_SCHEDULE": "0 3 * * *",
        "AIRFLOW__CORE__PARALLELISM": "8",
    }


def test_line_ends_of_windows_do_not_get_into_a_value(tmp_path: Path) -> None:
    path = write_settings(tmp_path) / "test.env"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert read_settings(tmp_path, "test").exported["BDA_CLIENT_ID"] == "enercity"


def test_an_environment_without_a_file_is_refused_with_those_that_have_one(tmp_path: Path) -> None:
    write_settings(tmp_path)

    with pytest.raises(DeploymentError, match=r"no settings file '.*/production\.env': .* an environment of: test"):
        read_settings(tmp_path, "production")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BDA_DB_PASSWORD", "hunter2"),
        ("BDA_S3_SECRET_ACCESS_KEY", "hunter2"),
        ("BDA_ENERCITY_DB_PASSWORD", "hunter2"),
        ("AIRFLOW_CONN_OCTOPUS", "hunter2"),
        ("AIRFLOW__CORE__FERNET_KEY", "hunter2"),
        ("BDA_S3_URL", "https://me:hunter2@example.com"),
        ("BDA_EXPORT_TAGS", f"key=AKIA{'X' * 16}"),
    ],
)
def test_a_secret_is_refused_without_being_shown(tmp_path: Path, name: str, value: str) -> None:
    message = problem(tmp_path, f"{name}={value}")

    assert name in message
    assert "AWS Secrets Manager (docs/deployment.md" in message
    assert value not in message


def test_keys_outside_the_folder_that_terraform_allows_are_warned_of(tmp_path: Path) -> None:
    outside = "new/{client}/{environment}/{system}_{table}_{chunk:04d}.csv"
    lines = ("BDA_CLIENTS=enercity,waterworks", f"BDA_WATERWORKS_EXPORT_KEY={outside}")

    settings = read_settings(write_settings(tmp_path, *lines, BDA_CLIENT_ID=None), "test")

    assert settings.warnings == [
        "BDA_WATERWORKS_EXPORT_KEY leads out of the folder 'waterworks/dev/', the only one that the policy of"
        " terraform/ allows: begin the key with {client}/{environment}/, or allow its folder in the policy of the role"
    ]


@pytest.mark.parametrize("example", EXAMPLES)
def test_keys_that_the_documents_show_can_be_set_and_stay_in_the_folder(tmp_path: Path, example: str) -> None:
    assert read_settings(write_settings(tmp_path, example), "test").warnings == []


def test_each_client_of_several_is_checked(tmp_path: Path) -> None:
    message = problem(
        tmp_path, "BDA_CLIENTS=enercity,waterworks", "BDA_WATERWORKS_S3_BUKET=waterworks-exports", BDA_CLIENT_ID=None
    )

    assert "BDA_WATERWORKS_S3_BUKET is not a known variable; did you mean BDA_WATERWORKS_S3_BUCKET?" in message


def test_everything_wrong_is_one_error(tmp_path: Path) -> None:
    message = problem(
        tmp_path,
        "BDA_SYSTEM=tripica",
        "export BDA_DRY_RUN=true",
        'BDA_LOG_LEVEL="info"',
        "BDA_SCHEDULE=off # at first",
        "PATH=/tmp",
        "BDA_CLIENT_ID=enercity",
        MWAA_BUCKET=None,
        BDA_ENVIRONMENT="production",
    )

    assert message.splitlines() == [
        f"Correct '{tmp_path / 'test.env'}':",
        "  - line 8: expected NAME=value or a comment after #",
        "  - line 9: a value stands without quotes, and a comment on a line of its own",
        "  - line 10: a value stands without quotes, and a comment on a line of its own",
        "  - line 12: BDA_CLIENT_ID is set a second time",
        "  - MWAA_BUCKET is required but not set",
        "  - PATH is not known: expected BDA_* or AIRFLOW__*, or one of MWAA_ENVIRONMENT, MWAA_BUCKET, MWAA_REGION,"
        " MWAA_VERSION",
        "  - BDA_ENVIRONMENT must be one of local, dev, stage, prod, found 10 characters",
        "  - BDA_SYSTEM is not a known variable; did you mean BDA_SYSTEMS?",
    ]
