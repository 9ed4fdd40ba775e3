"""The numbers in an export's files are added up and compared with the warehouse's before anything is published."""

from __future__ import annotations

import io
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from postgres_to_s3.checks.sums import CsvTotals, sum_problems
from postgres_to_s3.columns import Column
from postgres_to_s3.options.csv_dialect import CsvDialect
from postgres_to_s3.postgres import table_chunks
from tests.support.export_runner import ExportRunner, use_driver
from tests.support.warehouse import Warehouse

AMOUNT = (Column("amount", "numeric(20,2)"),)
ROWS = """
select
    e'line\\nbreak; "quoted", ü' || row as text,
    (row * 1234.567)::numeric(20, 2) as amount,
    case when row % 2 = 0 then -row end as account,
    null::numeric as nothing,
    1e40::numeric + row / 1e20::numeric as exact,
    row / 3.0::float8 as rate
from generate_series(1, 25) as row
"""


def totals_of(text: str, columns: tuple[Column, ...] = AMOUNT, **dialect: Any) -> CsvTotals:
    totals = CsvTotals(columns, CsvDialect(**dialect))
    totals.read(io.BytesIO(text.encode()))
    return totals


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param({}, id="default"),
        pytest.param({"dialect": "excel-de"}, id="decimal-comma"),
        pytest.param({"dialect": "excel-de", "encoding": "win1252", "header": False}, id="encoding"),
        pytest.param({"compression": "gzip", "null": "NULL", "quote": "'", "delimiter": "\\t"}, id="gzip"),
        pytest.param({"columns": ["amount"]}, id="one-column"),
        pytest.param({"columns": ["nothing"]}, id="only-null"),
        pytest.param({"columns": ["text"]}, id="no-number"),
        pytest.param({"measure_only": True}, id="dry-run"),
    ],
)
@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_the_sums_of_every_dialect_agree(
    monkeypatch: pytest.MonkeyPatch, exports: ExportRunner, driver: str, arguments: dict[str, Any]
) -> None:
    use_driver(monkeypatch, driver)

    summary = exports.run(sql=ROWS, max_rows_per_file=10, compare_sums=True, **arguments)

    assert (summary["rows"], summary["files"]) == (25, 3)


def test_the_sums_agree_over_several_connections(
    monkeypatch: pytest.MonkeyPatch, exports: ExportRunner, export_warehouse: Warehouse
) -> None:
    monkeypatch.setattr(table_chunks, "MIN_ROWS", 1)
    export_warehouse.execute(f"create table report_oibl.orders as {ROWS}; grant select on report_oibl.orders to public")

    assert exports.run(max_rows_per_file=4, connections=3, compare_sums="true")["files"] == 7


def test_an_export_whose_sums_differ_publishes_nothing(exports: ExportRunner) -> None:
    # Each of its two runs, one for the sums and one for the rows, gives other amounts.
    sql = "select row, (random() * 1e9)::numeric(20, 2) as amount from generate_series(1, 50) as row"

    with pytest.raises(
        AirflowFailException, match=r"as the sum of column 'amount', found [0-9.]+ in the files"
    ) as raised:
        exports.run(sql=sql, compare_sums=True)

    assert "'row'" not in str(raised.value)
    assert exports.objects() == {}
    assert exports.bucket.open_uploads() == []
    assert exports.run(sql=sql)["rows"] == 50


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("amount\n", None, id="no-row"),
        pytest.param("amount\n\n\n", None, id="only-null"),
        pytest.param("amount\n\n1.50\n", "1.5", id="null-does-not-count"),
        pytest.param('amount\n"0.1"\n"0.2"\n', "0.30", id="quoted"),
        pytest.param("amount\n" + "9" * 60 + ".01\n0.01\n", "9" * 60 + ".02", id="as-long-as-it-takes"),
        pytest.param("amount\nNaN\n1\n", "NaN", id="not-a-number"),
        pytest.param("amount\nInfinity\n1\n", "Infinity", id="infinite"),
        pytest.param("amount\nInfinity\n-Infinity\n", "NaN", id="both-infinite"),
    ],
)
def test_sums_are_those_of_postgresql(text: str, expected: str | None) -> None:
    assert sum_problems({"amount": expected}, [totals_of(text)]) == []


@pytest.mark.parametrize(
    ("text", "found"), [("amount\n1.51\n", "1.51"), ("amount\n\n", "None"), ("amount\nx\n", "NaN")]
)
def test_another_sum_is_a_problem(text: str, found: str) -> None:
    assert sum_problems({"amount": "1.50"}, [totals_of(text)]) == [
        f"expected 1.50 as the sum of column 'amount', found {found}"
    ]


def test_a_value_may_be_longer_than_python_expects_of_csv() -> None:
    columns = (Column("text", "text"), *AMOUNT)

    totals = totals_of(f"text,amount\n{'x' * 200_000},2\n", columns)

    assert (totals.rows, totals.sums) == (1, {"amount": 2})
