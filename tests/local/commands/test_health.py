"""`health` checks the caller's deployment as it is, and the embedded one only where the caller names none."""

from __future__ import annotations

import pytest

from local.commands.health import names_deployment
from tests.support.checkout import temporary_checkout


@pytest.mark.parametrize("name", ["BDA_DB_HOST", "BDA_CLIENT_ID", "AIRFLOW_CONN_OCTOPUS"])
def test_one_variable_is_enough_to_name_a_deployment(name: str) -> None:
    assert names_deployment({name: "x", "HOME": "/"})


def test_the_variables_of_the_embedded_stack_name_none() -> None:
    assert not names_deployment({"BDA_PG_BINDIR": "/usr/bin", "BDA_PG_PROFILE": "stock", "HOME": "/"})


def test_wrong_settings_of_the_caller_are_told_without_any_server() -> None:
    with temporary_checkout() as checkout:
        plain = checkout.run("health", "--validate-config", BDA_CLIENT_ID="enercity")
        health = checkout.run("health", "--json", BDA_CLIENT_ID="enercity", BDA_S3_BUCKET="UPPER")

        assert (plain.returncode, health.returncode) == (2, 2)
        assert "BDA_S3_BUCKET is required but not set" in plain.stdout
        assert "must be a bucket name" in health.stdout
        assert not (checkout.state_dir / "postgres").exists()
