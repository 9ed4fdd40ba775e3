"""The link from a task to its objects: the S3 console for AWS, s3:// elsewhere, known to Airflow by a plugin."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization

from postgres_to_s3.operators.chunked_sql_to_s3 import ChunkedSqlToS3Operator
from postgres_to_s3.operators.s3_objects_link import S3ObjectsLink, objects_url
from tests.support.airflow_home import run_dag
from tests.support.export_runner import ExportRunner
from tests.support.repository import REPO

PLUGINS = REPO / "plugins"
FOLDER = "enercity/prod/Größe/"


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("eu-central-1", "https://eu-central-1.console.aws.amazon.com/s3/buckets/b?region=eu-central-1&prefix="),
        (
            "us-gov-west-1",
            "https://us-gov-west-1.console.amazonaws-us-gov.com/s3/buckets/b?region=us-gov-west-1&prefix=",
        ),
        ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/s3/buckets/b?region=cn-north-1&prefix="),
    ],
)
def test_objects_of_aws_are_seen_in_the_console(region: str, url: str) -> None:
    client = boto3.client("s3", region_name=region)

    assert objects_url(client, "b", FOLDER) == f"{url}enercity/prod/Gr%C3%B6%C3%9Fe/"


def test_objects_of_another_server_have_an_address_without_a_page() -> None:
    client = boto3.client("s3", region_name="eu-central-1", endpoint_url="http://127.0.0.1:8333")

    assert objects_url(client, "b", "x/") == "s3://b/x/"


def test_a_task_has_the_link_after_it_ran(
    airflow_home: Path, exports: ExportRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the UI reads a DAG. Clearing a task reads it without links, and Airflow keeps that choice on the class.
    monkeypatch.setattr(DagSerialization, "_load_operator_extra_links", True)
    with DAG("linked", schedule=None) as dag:
        exports.operator(sql="select 1 as a", s3_key="x/y_{chunk}.csv")
    # What the UI knows of the DAG.
    task = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag)).get_task("export")

    run = run_dag(dag)

    assert task.extra_links == ["S3 objects"]
    assert task.get_extra_links(run.get_task_instance("export"), "S3 objects") == f"s3://{exports.bucket.name}/x/"


def test_an_operator_that_has_not_run_has_no_link() -> None:
    operator = ChunkedSqlToS3Operator(task_id="export", sql="select 1", s3_bucket="b", s3_key="{chunk}.csv")

    assert S3ObjectsLink().get_link(operator, ti_key=None) == ""  # type: ignore[arg-type]


def test_airflow_loads_the_plugin_and_nothing_else_of_the_folder() -> None:
    program = (
        "import json, sys\n"
        "from airflow import plugins_manager\n"
        "links = [link.name for link in plugins_manager.get_operator_extra_links()]\n"
        "plugins = [plugin['name'] for plugin in plugins_manager.get_plugin_info()]\n"
        "errors = plugins_manager.get_import_errors()\n"
        "import postgres_to_s3.operators.chunked_sql_to_s3, postgres_to_s3.operators.verify_export\n"
        "slow = ('airflow.providers.amazon.aws', 'psycopg', 'boto3', 'pyarrow')\n"
        "heavy = [name for name in sys.modules if name.startswith(slow)]\n"
        "print(json.dumps([plugins, links, errors, heavy]))\n"
    )
    environment = os.environ | {"AIRFLOW__CORE__PLUGINS_FOLDER": str(PLUGINS), "PYTHONPATH": str(PLUGINS)}

    output = subprocess.check_output([sys.executable, "-c", program], env=environment, text=True)

    plugins, links, errors, heavy = json.loads(output.splitlines()[-1])
    assert "billing_aggregator" in plugins
    assert links.count("S3 objects") == 1
    assert (errors, heavy) == ({}, [])
