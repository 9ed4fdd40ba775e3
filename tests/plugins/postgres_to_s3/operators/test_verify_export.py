"""VerifyExportOperator passes where an export is whole, and fails at once with every problem where it is not."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from postgres_to_s3.operators.verify_export import VerifyExportOperator
from tests.support.export_runner import MANIFEST, PREFIX, ExportRunner, task_context

ROWS = "select i, e'line\\nbreak \"' || i as text from generate_series(1, 5) as i"


@pytest.mark.parametrize("measure_only", ["True", "yes", 1])
def test_after_a_dry_run_there_is_nothing_to_read(measure_only: Any) -> None:
    task = VerifyExportOperator(task_id="verify", s3_bucket="none", manifest_key="none", measure_only=measure_only)

    task.execute(task_context())


def test_whether_it_was_a_dry_run_must_be_true_or_false() -> None:
    task = VerifyExportOperator(task_id="verify", s3_bucket="none", manifest_key="none", measure_only="perhaps")

    with pytest.raises(AirflowFailException, match="'measure_only' must be true or false, found 'perhaps'"):
        task.execute(task_context())


def test_the_task_passes_or_fails_at_once_with_all_problems(exports: ExportRunner) -> None:
    exports.run(sql=ROWS)
    task = VerifyExportOperator(
        task_id="verify", s3_bucket=exports.bucket.name, manifest_key=MANIFEST, aws_conn_id=exports.aws_conn_id
    )
    task.execute(task_context())
    exports.bucket.client.put_object(Bucket=exports.bucket.name, Key=f"{PREFIX}_0000.csv", Body=b"i,text\n")

    with pytest.raises(AirflowFailException, match=r"(?s)verification of s3://.*expected bytes.*expected rows 5"):
        task.execute(task_context())
