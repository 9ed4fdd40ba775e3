"""An export is compared with the last one before anything is published: rows for people, columns and types."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException

from postgres_to_s3.checks.last_export import column_changes
from postgres_to_s3.columns import Column
from tests.support.export_runner import MANIFEST, ExportRunner

BEFORE = (Column("id", "integer"), Column("amount", "numeric(20,2)"), Column("due", "date"))


@pytest.mark.parametrize(
    ("after", "changes"),
    [
        pytest.param(BEFORE, [], id="none"),
        pytest.param(BEFORE[:2], ["column 'due' is gone (it was date)"], id="gone"),
        pytest.param((*BEFORE, Column("tax", "text")), ["column 'tax' is new (text)"], id="new"),
        pytest.param(
            (Column("id", "bigint"), *BEFORE[1:]), ["column 'id' was integer and is bigint"], id="another-type"
        ),
        pytest.param(BEFORE[::-1], ["the order was id, amount, due and is due, amount, id"], id="another-order"),
        pytest.param(
            (Column("key", "integer"), Column("amount", "numeric(18,2)"), BEFORE[2]),
            [
                "column 'id' is gone (it was integer)",
                "column 'key' is new (integer)",
                "column 'amount' was numeric(20,2) and is numeric(18,2)",
            ],
            id="everything-at-once",
        ),
    ],
)
def test_every_difference_is_named(after: tuple[Column, ...], changes: list[str]) -> None:
    assert column_changes(BEFORE, after) == changes


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        pytest.param(["integer", "integer"], ["integer"], "column 'id (2)' is gone (it was integer)", id="gone"),
        pytest.param(["integer", "text"], ["text", "text"], "column 'id (1)' was integer and is text", id="type"),
    ],
)
def test_columns_of_the_same_name_are_told_apart(before: list[str], after: list[str], change: str) -> None:
    old, new = ([Column("id", kind) for kind in kinds] for kinds in (before, after))

    assert change in column_changes(old, new)


def test_a_change_is_a_warning_by_default(exports: ExportRunner, caplog: pytest.LogCaptureFixture) -> None:
    exports.run(sql="select 1 as id, 2 as amount")

    exports.run(sql="select 1 as id, 2::numeric(10, 2) as amount, 3 as tax")

    assert "column 'tax' is new (integer)" in caplog.text
    assert "column 'amount' was integer and is numeric(10,2)" in caplog.text
    assert len(exports.manifest()["columns"]) == 3


def test_a_change_can_be_refused_before_anything_is_published(exports: ExportRunner) -> None:
    exports.run(sql="select 1 as id, 2 as amount")
    kept = exports.objects()

    with pytest.raises(AirflowFailException, match=r"column 'amount' is gone .*; column 'tax' is new") as raised:
        exports.run(sql="select 1 as id, 3 as tax", on_schema_change="fail")

    assert "on_schema_change 'warn'" in str(raised.value)
    assert exports.objects() == kept
    assert exports.bucket.open_uploads() == []


def test_other_rows_of_the_same_columns_are_no_change(exports: ExportRunner, caplog: pytest.LogCaptureFixture) -> None:
    exports.run(sql="select 1 as id", on_schema_change="fail")

    exports.run(sql="select 2 as id union all select 3", on_schema_change="fail", dialect="excel-de")

    assert exports.manifest()["rows"] == 2
    assert "columns differ" not in caplog.text


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
