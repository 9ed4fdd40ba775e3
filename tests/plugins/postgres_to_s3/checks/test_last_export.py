"""An export is told how many rows the one had that it replaces."""

from __future__ import annotations

import pytest

from tests.support.export_runner import MANIFEST, ExportRunner


def test_the_summary_has_the_rows_of_the_export_before(exports: ExportRunner) -> None:
    first = exports.run(sql="select i as id from generate_series(1, 5) as i")
    second = exports.run(sql="select 1 as id")

    assert (first["previous_rows"], first["rows"]) == (None, 5)
    assert (second["previous_rows"], second["rows"]) == (5, 1)


@pytest.mark.parametrize("content", [b"yesterday", b"[]", b'{"format": 99}', b'{"format": 1, "columns": [{"a": 1}]}'])
def test_an_unreadable_manifest_is_replaced(
    exports: ExportRunner, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    exports.bucket.client.put_object(Bucket=exports.bucket.name, Key=MANIFEST, Body=content)

    summary = exports.run(sql="select 1 as id", on_schema_change="fail")

    assert exports.manifest()["rows"] == 1
    assert summary["previous_rows"] is None
    assert "its manifest is unreadable" in caplog.text
