"""An old export that is published, and a new one that something goes wrong with: what both hold and what heals."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException

from tests.support.export_runner import ExportRunner
from tests.support.manifest_reader import read_export
from tests.support.s3_proxy import S3Proxy

OLD = "select 'old' as version, row from generate_series(1, 8) as row"
NEW = "select 'new' as version, row from generate_series(1, 5) as row"
OLD_ROWS = [("old", str(row)) for row in range(1, 9)]
NEW_ROWS = [("new", str(row)) for row in range(1, 6)]
NEW_FILES = ["version,row\nnew,1\nnew,2\n", "version,row\nnew,3\nnew,4\n", "version,row\nnew,5\n"]
# More than the parts on their way and the buffers of the network can hold.
MUCH = "select row, repeat('x', 1000) as text from generate_series(1, 40000) as row"


def export_old(exports: ExportRunner) -> dict[str, bytes]:
    """Publish the old export of four files; every object of the bucket."""
    exports.run(sql=OLD, max_rows_per_file=2)
    return exports.objects()


def export_new(exports: ExportRunner) -> dict[str, Any]:
    """Publish the new export of three files; the operator's summary."""
    return exports.run(sql=NEW, max_rows_per_file=2)


def fail(exports: ExportRunner) -> AirflowException:
    """Export the new rows in three files; the error it ends with."""
    with pytest.raises(AirflowException) as raised:
        export_new(exports)
    return raised.value


def assert_healed(exports: ExportRunner, proxy: S3Proxy) -> None:
    """Without a fault the next run publishes the new export, and nothing is left of the attempts before."""
    proxy.faults.clear()
    export_new(exports)
    assert read_export(exports.bucket).rows == NEW_ROWS
    assert exports.texts() == NEW_FILES
    assert exports.bucket.open_uploads() == []
