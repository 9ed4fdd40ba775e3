"""Several clients in one environment: a DAG for each, and what is wrong with one shown apart from the others."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import DAG

from local.servers.stack import Stack
from tests.dags.dag_files import DAGS
from tests.dags.dag_runs import DAG_ID
from tests.support.airflow_home import run_dag
from tests.support.bucket import Bucket
from tests.support.repository import REPO
from tests.support.script_files import write_file
from tests.support.warehouse import Warehouse, temporary_warehouse

HEALTH = "billing_data_health_check"
SHARED = {
    "BDA_ENVIRONMENT": "local",
    "BDA_S3_BUCKET": "billing-exports",
    "BDA_CLIENTS": "enercity,stadt-werke",
    "BDA_DB_HOST": "db.invalid",
    "BDA_DB_PASSWORD": "x",
    "BDA_ENERCITY_DB_NAME": "one",
    "BDA_STADT_WERKE_DB_NAME": "two",
}
BUILD = """
create table report_oibl.alpha_results as
select current_database()::text as warehouse, '{{ client_id }}' as client;
"""
PARSE = """
import json, os, runpy, sys, time
import airflow.sdk
from airflow.sdk.definitions._internal.dag_parsing_context import _airflow_parsing_context_manager as parsing
started = time.process_time()
with parsing(dag_id=sys.argv[2] or None):
    found = runpy.run_path(sys.argv[1])
dags = [name for name in found if name.startswith("billing_data_aggregator_")]
offered = [name for name in os.environ if name.startswith("AIRFLOW_CONN_")]
print(json.dumps({"dags": dags, "connections": offered, "seconds": time.process_time() - started}))
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """One system, which says where it was built and for whom."""
    write_file(tmp_path, "init/alpha/010_build.sql", BUILD)
    return tmp_path


def load(monkeypatch: pytest.MonkeyPatch, scripts: Path, **settings: str) -> BundleDagBag:
    """Parse the DAGs folder for two clients, under these settings."""
    for name, value in {**SHARED, "BDA_SCRIPTS_DIR": str(scripts), "BDA_SYSTEMS": "alpha", **settings}.items():
        monkeypatch.setenv(name, value)
    return BundleDagBag(dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="dags-folder")


def connections(dag: DAG) -> set[str]:
    """The connections of the warehouse that the tasks of a DAG name."""
    return {
        str(getattr(task, name)) for task in dag.tasks for name in ("conn_id", "sql_conn_id") if hasattr(task, name)
    }


def test_each_client_has_both_dags_with_connections_tags_and_roles_of_its_own(
    monkeypatch: pytest.MonkeyPatch, scripts: Path
) -> None:
    bag = load(monkeypatch, scripts, BDA_STADT_WERKE_ACCESS_ROLES="Stadtwerke", BDA_STADT_WERKE_SCHEDULE="off")

    assert not bag.import_errors
    assert sorted(bag.dags) == [f"{dag}_{client}" for dag in (DAG_ID, HEALTH) for client in ("enercity", "stadt-werke")]
    one, other = bag.dags[f"{DAG_ID}_enercity"], bag.dags[f"{DAG_ID}_stadt-werke"]
    assert (connections(one), connections(other)) == ({"bda_warehouse_enercity"}, {"bda_warehouse_stadt_werke"})
    assert (one.tags, other.tags) == ({"billing", "enercity", "local"}, {"billing", "stadt-werke", "local"})
    assert (one.access_control, set(other.access_control or {})) == (None, {"Stadtwerke"})
    assert set(bag.dags[f"{HEALTH}_stadt-werke"].access_control or {}) == {"Stadtwerke"}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"BDA_ENERCITY_DB_PORT": "x"}, "- enercity: BDA_ENERCITY_DB_PORT must be a whole number"),
        ({"BDA_ENERCITY_SYSTEMS": "alfa"}, "- enercity: BDA_ENERCITY_SYSTEMS: name 1 is no system"),
        ({"BDA_ENERCITY_SCRIPTS_DIR": "/nowhere"}, "- enercity: no scripts found"),
        ({"BDA_ENERCITY_EXPORT_NULL": "x.sql"}, "must not end in '.sql'"),
    ],
)
def test_what_is_wrong_with_one_client_is_an_import_error_apart_from_the_dags_of_the_others(
    monkeypatch: pytest.MonkeyPatch, scripts: Path, wrong: dict[str, str], message: str
) -> None:
    bag = load(monkeypatch, scripts, **wrong)

    assert f"{DAG_ID}_stadt-werke" in bag.dags
    assert f"{DAG_ID}_enercity" not in bag.dags
    ((file, error),) = bag.import_errors.items()
    # All DAGs of a file with an import error are taken out of the schedule.
    assert file == "billing_data_clients.py"
    assert message in error


def test_what_is_wrong_with_the_only_client_is_no_error_of_this_file(
    monkeypatch: pytest.MonkeyPatch, scripts: Path
) -> None:
    bag = load(monkeypatch, scripts, BDA_CLIENTS="", BDA_CLIENT_ID="enercity", BDA_DB_PORT="x")

    assert sorted(bag.import_errors) == [f"{DAG_ID}.py", f"{HEALTH}.py"]


def test_a_wrong_list_of_clients_is_an_error_of_every_file(monkeypatch: pytest.MonkeyPatch, scripts: Path) -> None:
    bag = load(monkeypatch, scripts, BDA_CLIENT_ID="enercity")

    assert not bag.dags
    assert {"BDA_CLIENT_ID and BDA_CLIENTS are both set" in error for error in bag.import_errors.values()} == {True}


def test_two_clients_build_and_export_in_warehouses_of_their_own(
    monkeypatch: pytest.MonkeyPatch,
    airflow_home: Path,
    stack: Stack,
    empty_template: str,
    empty_warehouse: Warehouse,
    bucket: Bucket,
    scripts: Path,
) -> None:
    with temporary_warehouse(stack, "stadtwerke", empty_template) as other:
        settings = empty_warehouse.environment | bucket.environment
        settings |= {"BDA_ENERCITY_DB_NAME": empty_warehouse.name, "BDA_STADT_WERKE_DB_NAME": other.name}
        bag = load(monkeypatch, scripts, **settings)

        states = {str(run_dag(bag.dags[f"{DAG_ID}_{client}"]).state) for client in ("enercity", "stadt-werke")}

        built = "select warehouse, client from report_oibl.alpha_results"
        assert states == {"success"}
        assert empty_warehouse.rows(built) == [(empty_warehouse.name, "enercity")]
        assert other.rows(built) == [(other.name, "stadt-werke")]
    assert {key: bucket.read(key) for key in bucket.keys() if key.endswith(".csv")} == {
        "enercity/local/alpha_alpha_results_0000.csv": f"warehouse,client\n{empty_warehouse.name},enercity\n".encode(),
        "stadt-werke/local/alpha_alpha_results_0000.csv": b"warehouse,client\nstadtwerke,stadt-werke\n",
    }


def test_fifty_clients_are_parsed_in_seconds_and_a_task_knows_its_own_client_only(tmp_path: Path) -> None:
    clients = [f"client-{number:02d}" for number in range(50)]
    write_file(tmp_path, "systems.yaml", f"clients: {json.dumps(clients)}\n")
    for number in range(5):
        write_file(tmp_path, f"init/alpha/{number:03d}_build.sql", "select 1")
    settings = {f"BDA_CLIENT_{number:02d}_DB_NAME": f"octopus_{number}" for number in range(50)}
    settings |= {**SHARED, "BDA_CLIENTS": ",".join(clients), "BDA_SCRIPTS_DIR": str(tmp_path), "BDA_SYSTEMS": "alpha"}
    for name in ("BDA_ENERCITY_DB_NAME", "BDA_STADT_WERKE_DB_NAME"):
        del settings[name]

    every, own = (parse(settings, dag_id) for dag_id in ("", f"{DAG_ID}_client-07"))

    # Measured with the tree of this project: 3.3 s, and 0.1 s for a task.
    assert len(every["dags"]) == 50
    assert every["seconds"] < 12.0, every
    assert own["dags"] == [f"{DAG_ID}_client-07"]
    assert own["connections"] == ["AIRFLOW_CONN_BDA_WAREHOUSE_CLIENT_07"]
    assert own["seconds"] < 2.0, own


def parse(settings: dict[str, str], dag_id: str) -> dict[str, list[str] | float]:
    """The DAGs that a process defines which wants one of them or all, and its CPU seconds beyond importing Airflow."""
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **settings}
    environment |= {name: value for name, value in os.environ.items() if name.startswith("AIRFLOW")}
    environment["PYTHONPATH"] = str(REPO / "plugins")
    command = [sys.executable, "-c", PARSE, str(DAGS / f"{DAG_ID}.py"), dag_id]
    return json.loads(subprocess.check_output(command, env=environment, timeout=120).splitlines()[-1])
