"""ChunkedSqlToS3Operator in a real DAG run: templates are rendered, the result is an XCom and an asset event."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from airflow.models.asset import AssetEvent
from airflow.sdk import DAG, Asset, Param
from airflow.utils.session import create_session
from sqlalchemy import select

from tests.support.airflow_home import run_dag
from tests.support.export_runner import ExportRunner

pytestmark = pytest.mark.postgres_version


def export_dag(exports: ExportRunner) -> DAG:
    """A DAG that exports what its parameters say."""
    # Airflow keeps the first of two assets with one name: each test has its own.
    asset = Asset(name=exports.bucket.name, uri=f"s3://{exports.bucket.name}/numbers")
    with DAG("numbers", schedule=None, params={"rows": Param(2), "dry_run": Param(False)}) as dag:
        exports.operator(
            sql="select * from generate_series(1, {{ params.rows + 1 }}) as a",
            s3_key="{{ dag.dag_id }}/{{ params.rows }}_{chunk}.csv",
            max_rows_per_file="{{ params.rows }}",
            measure_only="{{ params.dry_run }}",
            outlets=[asset],
        )
    return dag


def asset_events(run_id: str) -> list[AssetEvent]:
    with create_session() as session:
        return list(session.scalars(select(AssetEvent).where(AssetEvent.source_run_id == run_id)))


def test_a_run_exports_and_tells_what_it_wrote(airflow_home: Path, exports: ExportRunner) -> None:
    run = run_dag(export_dag(exports))

    assert run.state == "success"
    assert exports.texts() == ["a\n1\n2\n", "a\n3\n"]
    summary = run.get_task_instance("export").xcom_pull(task_ids="export")
    assert summary.pop("seconds") > 0
    assert summary == {
        "dry_run": False,
        "attempt": 1,
        "bucket": exports.bucket.name,
        "rows": 3,
        "previous_rows": None,
        "files": 2,
        "bytes": 10,
        "sums": {"a": "6"},
        "amounts": {},
        "notes": {},
        "keys": ["numbers/2_0.csv", "numbers/2_1.csv"],
        "manifest": "numbers/2.manifest.json",
        "manifest_sha256": hashlib.sha256(exports.bucket.read("numbers/2.manifest.json")).hexdigest(),
        "url": f"s3://{exports.bucket.name}/numbers/",
    }
    (event,) = asset_events(run.run_id)
    assert {name: event.extra[name] for name in summary} == summary


def test_a_dry_run_writes_nothing_and_makes_no_asset_event(airflow_home: Path, exports: ExportRunner) -> None:
    run = run_dag(export_dag(exports), run_conf={"dry_run": True, "rows": 1})

    assert run.state == "success"
    assert exports.bucket.keys() == []
    summary = run.get_task_instance("export").xcom_pull(task_ids="export")
    assert (summary["dry_run"], summary["rows"], summary["files"]) == (True, 2, 2)
    assert asset_events(run.run_id) == []


def test_a_permanent_error_fails_the_run_without_a_retry(airflow_home: Path, exports: ExportRunner) -> None:
    with DAG("broken", schedule=None) as dag:
        exports.operator(table="report_oibl.gone", retries=3)

    run = run_dag(dag)

    assert run.state == "failed"
    task = run.get_task_instance("export")
    assert (task.state, task.try_number) == ("failed", 1)
    assert asset_events(run.run_id) == []
