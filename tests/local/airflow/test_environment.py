"""The environment of Airflow commands: the embedded servers where the caller names none, and the caller's settings."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import make_url

from local.airflow.environment import OWN_METADATA, pipeline_environment
from local.checkout import REPO
from local.servers.stack import Stack


def test_without_settings_the_embedded_servers_and_this_checkout_are_used(stack: Stack) -> None:
    environment = pipeline_environment(stack, {})

    assert stack.environment().items() <= environment.items()
    assert environment["AIRFLOW_HOME"] == str(stack.state_dir / "airflow")
    assert environment["AIRFLOW__CORE__DAGS_FOLDER"] == str(REPO / "dags")


def test_the_metadata_of_airflow_are_in_the_embedded_postgresql_with_a_login_of_their_own(stack: Stack) -> None:
    url = make_url(pipeline_environment(stack, {})["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"])

    assert (url.username, url.database, url.port) == ("airflow", "airflow", stack.postgres_port)
    assert str(url.password) not in stack.environment().values()


@pytest.mark.parametrize("variable", OWN_METADATA)
def test_a_caller_with_metadata_of_their_own_keeps_them(stack: Stack, variable: str) -> None:
    environment = pipeline_environment(stack, {variable: "mine"})

    assert environment[variable] == "mine"
    assert stack.metadata_dsn() not in environment.values()


def test_what_the_caller_has_set_wins_even_if_it_is_empty(stack: Stack) -> None:
    environment = pipeline_environment(stack, {"BDA_CLIENT_ID": "", "AIRFLOW__CORE__PARALLELISM": "1"})

    assert (environment["BDA_CLIENT_ID"], environment["AIRFLOW__CORE__PARALLELISM"]) == ("", "1")


def test_a_warehouse_of_the_caller_keeps_the_embedded_one_and_its_password_out(stack: Stack) -> None:
    environment = pipeline_environment(stack, {"BDA_DB_HOST": "warehouse", "PGSSLMODE": "require"})

    assert stack.credentials.role_password not in environment.values()
    assert environment["PGSSLMODE"] == "require"
    assert environment["BDA_S3_URL"] == stack.s3_url


def test_an_s3_service_of_the_caller_keeps_the_embedded_one_out(stack: Stack) -> None:
    environment = pipeline_environment(stack, {"BDA_S3_URL": "http://s3", "AWS_PROFILE": "mine"})

    assert stack.credentials.s3_secret_key not in environment.values()
    assert environment["AWS_PROFILE"] == "mine"
    assert environment["BDA_DB_HOST"] == "127.0.0.1"


def test_a_shell_set_up_for_other_servers_does_not_change_the_embedded_ones(stack: Stack) -> None:
    environment = pipeline_environment(stack, {"PGHOST": "elsewhere", "AWS_PROFILE": "mine"})

    assert {"PGHOST", "AWS_PROFILE"}.isdisjoint(environment)


def test_alerts_and_metrics_reach_the_server_that_the_caller_names_for_them(stack: Stack) -> None:
    caller = {
        "AWS_ENDPOINT_URL_SNS": "http://localhost:4566",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }

    environment = pipeline_environment(stack, caller | {"AWS_ENDPOINT_URL_S3": "http://s3", "AWS_PROFILE": "mine"})

    assert {name: value for name, value in environment.items() if name.startswith("AWS_")} == caller
    assert environment["BDA_S3_ACCESS_KEY"] == stack.credentials.s3_access_key


def test_who_wants_no_caches_beside_the_sources_has_them_in_the_state_directory(stack: Stack) -> None:
    environment = pipeline_environment(stack, {"PYTHONDONTWRITEBYTECODE": "1"})

    assert "PYTHONDONTWRITEBYTECODE" not in environment
    assert environment["PYTHONPYCACHEPREFIX"] == str(stack.state_dir / "pycache")
