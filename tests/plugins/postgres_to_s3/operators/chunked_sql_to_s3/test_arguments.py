"""ChunkedSqlToS3Operator refuses wrong arguments with one clear error before it touches anything."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from postgres_to_s3.operators.chunked_sql_to_s3 import ChunkedSqlToS3Operator
from postgres_to_s3.options.arguments import ExportRequest
from postgres_to_s3.options.export_options import ExportOptions
from tests.support.export_runner import MANIFEST, PREFIX, ExportRunner
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version


@pytest.fixture
def kept(exports: ExportRunner, export_warehouse: Warehouse) -> dict[str, bytes]:
    """The objects that an earlier export left, one of them a chunk too many for what is exported now."""
    export_warehouse.execute("create table report_oibl.orders as select 1 as id")
    export_warehouse.execute("grant select on report_oibl.orders to public")
    kept = {f"{PREFIX}_0001.csv": b"yesterday", MANIFEST: b"yesterday"}
    for key, content in kept.items():
        exports.bucket.client.put_object(Bucket=exports.bucket.name, Key=key, Body=content)
    return kept


def refusal(exports: ExportRunner, **arguments: Any) -> str:
    with pytest.raises(AirflowFailException) as raised:
        exports.run(**arguments)
    return str(raised.value)


def test_the_signature_has_every_option_with_its_default() -> None:
    parameters = inspect.signature(ChunkedSqlToS3Operator).parameters
    rows = ExportOptions.model_fields

    assert [name for name in parameters if name in rows] == list(rows)
    assert {name: parameters[name].default for name in rows} == {name: row.default for name, row in rows.items()}


def test_every_argument_is_kept_as_it_is_given() -> None:
    given = {name: f"{{{{ {name} }}}}" for name in ExportRequest.model_fields}

    operator: Any = ChunkedSqlToS3Operator(task_id="export", table="a.b", s3_bucket="c", **given)

    assert {name: getattr(operator, name) for name in given} == given
    assert given.keys() <= {*operator.template_fields}


@pytest.mark.parametrize("source", [{}, {"sql": "select 1", "table": "report_oibl.orders"}], ids=["none", "both"])
def test_either_sql_or_table_is_needed(exports: ExportRunner, source: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="expected either 'sql' or 'table'"):
        exports.operator(**({"sql": None, "table": None} | source))


def test_only_the_query_may_be_a_file(exports: ExportRunner) -> None:
    assert exports.operator(sql="orders.sql", table=None).sql == "orders.sql"
    with pytest.raises(ValueError, match=r"'table' must not end in '\.sql'"):
        exports.operator(table="report_oibl.sql")


@pytest.mark.parametrize("value", [0, -1, "0", "-5", "1e6", 2.5, "many", "", None, True])
def test_max_rows_per_file_must_be_positive(exports: ExportRunner, kept: dict[str, bytes], value: object) -> None:
    message = refusal(exports, max_rows_per_file=value)

    assert f"'max_rows_per_file' must be a whole number from 1 to 1000000000, found {value!r}" in message
    assert exports.objects() == kept


@pytest.mark.parametrize("value", ["maybe", "2", "", None])
def test_measure_only_must_be_true_or_false(exports: ExportRunner, kept: dict[str, bytes], value: object) -> None:
    message = refusal(exports, measure_only=value)

    assert f"'measure_only' must be true or false, found {value!r}" in message
    assert exports.objects() == kept


def test_all_wrong_arguments_are_named_at_once(exports: ExportRunner) -> None:
    message = refusal(exports, max_rows_per_file=0, measure_only="perhaps")

    assert "max_rows_per_file" in message
    assert "measure_only" in message


def test_a_key_needs_the_chunk_number(exports: ExportRunner) -> None:
    assert "exactly one field, '{chunk}'" in refusal(exports, s3_key="x/results.csv")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        pytest.param({"sql": "select 1; select 2"}, "found 2 statements", id="two-statements"),
        pytest.param({"sql": "-- select 1"}, "found 0 statements", id="no-statement"),
        pytest.param({"sql": "select from where"}, "syntax error", id="syntax"),
        pytest.param({"sql": "drop table report_oibl.orders"}, "cannot open DROP TABLE query as cursor", id="no-query"),
        pytest.param({"table": "report_oibl.gone"}, '"report_oibl.gone" does not exist', id="no-table"),
        pytest.param({"table": "pg_catalog.pg_authid"}, "permission denied", id="no-permission"),
        pytest.param({"sql": "select 1 / (id - 1) from report_oibl.orders"}, "division by zero", id="data"),
    ],
)
def test_what_cannot_be_exported_fails_at_once(
    exports: ExportRunner, kept: dict[str, bytes], arguments: dict[str, str], complaint: str
) -> None:
    assert complaint in refusal(exports, **arguments)
    assert exports.objects() == kept
    assert exports.bucket.open_uploads() == []


def test_a_connection_that_is_not_found_is_looked_for_again(exports: ExportRunner, kept: dict[str, bytes]) -> None:
    # Airflow says the same when the secrets backend does not answer.
    with pytest.raises(AirflowException, match="`nowhere` isn't defined") as raised:
        exports.run(sql_conn_id="nowhere")

    assert type(raised.value) is AirflowException
    assert exports.objects() == kept


def test_an_error_names_source_and_destination(exports: ExportRunner) -> None:
    message = refusal(exports, table="report_oibl.gone")

    assert f"export of report_oibl.gone to s3://{exports.bucket.name}/enercity/" in message
