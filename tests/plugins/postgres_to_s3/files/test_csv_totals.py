"""What the warehouse summed is compared with the bytes of the files before anything is published."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from postgres_to_s3.columns import NUMBERS
from postgres_to_s3.files.csv_totals import sums_reference
from postgres_to_s3.postgres import table
from postgres_to_s3.postgres.drivers import WriteRow
from postgres_to_s3.postgres.session import Session
from tests.support.export_runner import ExportRunner, use_driver
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

ROWS = """
select
    e'line\\nbreak; "quoted", ü' || row as text,
    (row * 1234.567)::numeric(20, 2) as amount,
    case when row % 2 = 0 then -row end as account,
    null::numeric as nothing,
    1e40::numeric + row / 1e20::numeric as exact,
    row / 3.0::float8 as rate,
    (row * 1e-12)::real as small
from generate_series(1, 25) as row
"""
DIALECTS = [
    pytest.param({}, id="default"),
    pytest.param({"dialect": "excel-de"}, id="decimal-comma"),
    pytest.param({"dialect": "excel-de", "encoding": "win1252", "header": False}, id="encoding"),
    pytest.param({"compression": "gzip", "null": "NULL", "quote": "'", "delimiter": "\\t"}, id="gzip"),
]
# A value of each type whose text holds 4711 in any dialect.
OF_EACH_TYPE = ", ".join(f"'4711'::{kind} as c{place}" for place, kind in enumerate(NUMBERS))
DIFFERS = "as the sum of column"


@pytest.mark.parametrize(
    "arguments",
    [
        *DIALECTS,
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

    summary = exports.run(sql=ROWS, max_rows_per_file=10, **arguments)

    assert (summary["rows"], summary["files"]) == (25, 3)


def test_the_sums_agree_over_several_connections(
    monkeypatch: pytest.MonkeyPatch, exports: ExportRunner, export_warehouse: Warehouse
) -> None:
    monkeypatch.setattr(table, "MIN_ROWS", 1)
    export_warehouse.execute(f"create table report_oibl.orders as {ROWS}; grant select on report_oibl.orders to public")

    assert exports.run(max_rows_per_file=4, connections=3)["files"] == 7


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("arguments", DIALECTS)
def test_one_digit_that_changes_after_copy_is_refused_in_every_type(
    monkeypatch: pytest.MonkeyPatch, exports: ExportRunner, driver: str, arguments: dict[str, Any]
) -> None:
    use_driver(monkeypatch, driver)
    change_rows(monkeypatch, b"4711", b"4712")

    error = refused(exports, sql=f"select {OF_EACH_TYPE}", **arguments)

    for place in range(len(NUMBERS)):
        assert f"expected 4711 {DIFFERS} 'c{place}', found 4712" in error


def test_one_digit_of_one_row_among_many_is_refused(monkeypatch: pytest.MonkeyPatch, exports: ExportRunner) -> None:
    change_rows(monkeypatch, b"54321.07", b"54321.08")

    error = refused(exports, sql="select i as id, i + 0.07 as amount from generate_series(1, 100000) as i")

    assert f"expected 5000057000.00 {DIFFERS} 'amount', found 5000057000.01 in the files" in error
    assert "'id'" not in error


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"1,2", b"1", id="a-column-less"),
        pytest.param(b"1,2", b'"1,2', id="a-quote-that-nothing-closes"),
    ],
)
def test_bytes_that_are_no_rows_are_refused(
    monkeypatch: pytest.MonkeyPatch, exports: ExportRunner, old: bytes, new: bytes
) -> None:
    change_rows(monkeypatch, old, new)

    assert "expected CSV of 2 columns, found other bytes" in refused(exports, sql="select 1 as a, 2 as b")


def test_a_row_that_becomes_two_is_refused(monkeypatch: pytest.MonkeyPatch, exports: ExportRunner) -> None:
    change_rows(monkeypatch, b"x\n", b"x\n\n")

    assert "expected 1 rows, found 2 in the files" in refused(exports, sql="select 'x' as a")


def test_a_query_that_gives_other_values_each_time_is_refused(exports: ExportRunner) -> None:
    # Each of its two runs, one for the sums and one for the rows, gives other amounts.
    sql = "select row, (random() * 1e9)::numeric(20, 2) as amount from generate_series(1, 50) as row"

    error = refused(exports, sql=sql)

    assert "'amount', found " in error
    assert "'row'" not in error
    assert exports.bucket.open_uploads() == []


def test_the_documentation_knows_every_type_that_is_summed() -> None:
    covered, *rest = [line for line in sums_reference().splitlines() if line.startswith("| `")]

    assert all(f"`{kind}`" in covered for kind in NUMBERS)
    assert "`date`" in "".join(rest)


def change_rows(monkeypatch: pytest.MonkeyPatch, old: bytes, new: bytes) -> None:
    """Change bytes of the rows that PostgreSQL has sent, before they reach the files."""
    stream = Session.stream_rows

    def changed(session: Session, statement: str, write: WriteRow) -> int:
        return stream(session, statement, lambda row: write(bytes(row).replace(old, new)))

    monkeypatch.setattr(Session, "stream_rows", changed)


def refused(exports: ExportRunner, **arguments: Any) -> str:
    """The error of an export that publishes nothing."""
    with pytest.raises(AirflowFailException) as raised:
        exports.run(**arguments)
    assert exports.objects() == {}
    return str(raised.value)
