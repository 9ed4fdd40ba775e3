"""The package runs on every version: all DAGs are there, a run gives the same files, the UI knows the plugin."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.mwaa.deployed import Deployed

# What Airflow's page of plugins shows, asked of the API server.
PLUGINS_PAGE = """
import json, os
# MWAA has a login of its own.
os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] = "True"
from airflow.api_fastapi.app import create_app
from fastapi.testclient import TestClient
with TestClient(create_app()) as client:
    headers = {"Authorization": "Bearer " + client.get("/auth/token").json()["access_token"]}
    paths = ("/api/v2/plugins", "/api/v2/plugins/importErrors")
    print(json.dumps([client.get(path, headers=headers).json() for path in paths]))
"""


# A run of all systems takes less than a minute where nothing else runs.
pytestmark = pytest.mark.timeout(600)


def answer(output: str) -> Any:
    """What a command has answered on its last line; its log may stand before it."""
    return json.loads(output.splitlines()[-1])


def test_the_requirements_are_installed_without_a_network(mwaa_deployed: Deployed) -> None:
    container = mwaa_deployed.container

    assert container.requirements_log.endswith("installed"), container.requirements_log
    assert re.search(r"\nSuccessfully installed isal-1\.9\.1 pyarrow-[\d.]+\n", container.requirements_log)


def test_the_list_of_dags_is_complete_and_without_import_errors(deployed: Deployed) -> None:
    # The list of errors is read from the database, which only knows what was parsed.
    deployed.container.run("dags", "reserialize")

    assert "No data found" in deployed.container.run("dags", "list-import-errors")
    listed = answer(deployed.container.run("dags", "list", "--output", "json"))
    assert {each["dag_id"] for each in listed} >= {"billing_data_aggregator", "billing_data_health_check"}


def test_a_run_succeeds_with_the_warehouse_of_the_secret_and_the_bucket_of_the_role(deployed: Deployed) -> None:
    assert deployed.run.succeeded
    assert deployed.run.report["failures"] == {}
    assert deployed.run.report["systems"] == {
        "bookings": "skipped",
        "bookkeeper": "success",
        "customer": "success",
        "tripica": "success",
    }
    assert min(export["rows"] for export in deployed.run.report["exports"].values()) > 0


def test_the_files_are_the_same_bytes_as_on_the_newest_version_of_mwaa(
    deployed: Deployed, first_deployed: Deployed
) -> None:
    assert len(deployed.digests()) >= 3
    assert deployed.digests() == first_deployed.digests()


def test_the_page_of_plugins_shows_ours_and_no_error(deployed: Deployed) -> None:
    plugins, errors = answer(deployed.container.run("-P", "-c", PLUGINS_PAGE, program="python"))

    assert "billing_aggregator" in [plugin["name"] for plugin in plugins["plugins"]]
    assert errors["import_errors"] == []


def test_mwaa_3_2_1_has_only_the_older_driver(mwaa_deployed: Deployed) -> None:
    image = mwaa_deployed.container.image

    assert "psycopg2-binary" in image.installed()
    assert ("psycopg" in image.installed()) == (image.airflow != "3.2.1")
