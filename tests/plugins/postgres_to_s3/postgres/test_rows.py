"""The copy stream cuts rows into chunks, and counts and sums them in one snapshot."""

from __future__ import annotations

from typing import Any

import pytest

from postgres_to_s3.postgres.rows import control_totals, copy_rows, describe
from postgres_to_s3.postgres.session import begin_snapshot, execute, fetch_row
from tests.support.memory_files import MemoryFiles, copy_to_memory
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

MANY_ROWS = """
create table report_oibl.t as select row from generate_series(1, 100000) as row;
grant select on report_oibl.t to public;
analyze report_oibl.t;
create function report_oibl.process() returns int language plpgsql parallel safe as
'begin return pg_backend_pid(); end'
"""
CHEAP_PROCESSES = "set min_parallel_table_scan_size = 0; set parallel_setup_cost = 0; set parallel_tuple_cost = 0"
FIVE_ROWS = "select row, E'zwei\\nZeilen \"' || row || '\"' as text from generate_series(1, 5) as row"


@pytest.mark.parametrize(
    ("rows", "chunks"),
    [
        pytest.param(0, [0], id="none"),
        pytest.param(1, [1], id="one"),
        pytest.param(2, [2], id="a-full-chunk"),
        pytest.param(3, [2, 1], id="one-more"),
        pytest.param(4, [2, 2], id="two-full-chunks"),
        pytest.param(5, [2, 2, 1], id="the-rest-last"),
    ],
)
def test_a_chunk_begins_when_the_one_before_is_full(rows: int, chunks: list[int]) -> None:
    files = MemoryFiles()
    writer = files.writer(max_rows=2)

    for row in range(rows):
        writer.write(b"%d\n" % row)
    writer.close()

    assert [file.rows for file in files.files] == chunks
    assert all(content.startswith(b"h\n") for content in files.contents())
    assert b"".join(content.removeprefix(b"h\n") for content in files.contents()) == b"".join(
        b"%d\n" % row for row in range(rows)
    )
    assert writer.rows == rows


def test_only_the_last_part_of_a_file_is_small() -> None:
    files = MemoryFiles()
    writer = files.writer(header=b"h\n", max_rows=5, part_bytes=10)

    for _ in range(7):
        writer.write(b"12345\n")
    writer.close()

    assert [[len(part) for part in file.parts] for file in files.files] == [[14, 12, 6], [14]]


def test_rows_with_line_breaks_are_cut_at_their_ends(connection: Any) -> None:
    begin_snapshot(connection)

    files = copy_to_memory(connection, FIVE_ROWS, max_rows=2)

    assert [file.rows for file in files.files] == [2, 2, 1]
    assert files.contents()[2] == b'row,text\n5,"zwei\nZeilen ""5"""\n'


def test_copy_returns_how_many_rows_postgresql_sent(connection: Any) -> None:
    begin_snapshot(connection)

    assert copy_rows(connection, FIVE_ROWS, MemoryFiles().writer(), "format csv") == 5


def test_control_totals_are_exact(connection: Any) -> None:
    query = (
        "select 1::bigint as id, 0.1::numeric(38,20) as amount, null::int as nothing, 1.5::float8 as rate,"
        " 'x' as text, array[1] as places"
        " union all select 9223372036854775807, 0.2, null, 1, 'y', '{2}'"
    )
    begin_snapshot(connection)

    totals = control_totals(connection, query, describe(connection, query))

    assert totals.rows == 2
    assert totals.sums == {
        "id": "9223372036854775808",
        "amount": "0.30000000000000000000",
        "nothing": None,
    }


def test_control_totals_take_columns_by_place(connection: Any) -> None:
    query = 'select 1 as "a,b", 2 as "Ä ""x""", 3 as order_'
    begin_snapshot(connection)

    assert control_totals(connection, query, describe(connection, query)).sums == {
        "a,b": "1",
        'Ä "x"': "2",
        "order_": "3",
    }


def test_columns_of_one_name_keep_a_sum_each(connection: Any) -> None:
    query = "select 1 as amount, 2 as tax, 3 as amount"
    begin_snapshot(connection)

    sums = control_totals(connection, query, describe(connection, query)).sums

    assert sums == {"amount (1)": "1", "tax": "2", "amount (3)": "3"}


@pytest.mark.parametrize("in_parallel", [True, False])
def test_several_processes_sum_only_where_they_may(
    connection: Any, export_warehouse: Warehouse, in_parallel: bool
) -> None:
    export_warehouse.execute(MANY_ROWS)
    query = "select report_oibl.process() as process from report_oibl.t"
    execute(connection, CHEAP_PROCESSES)
    begin_snapshot(connection)
    (own,) = fetch_row(connection, "select pg_backend_pid()")

    totals = control_totals(connection, query, describe(connection, query), in_parallel=in_parallel)

    assert totals.rows == 100_000
    assert (totals.sums["process"] == str(100_000 * own)) == (not in_parallel)


def test_totals_and_rows_are_of_one_moment(connection: Any, export_warehouse: Warehouse) -> None:
    export_warehouse.execute("create table report_oibl.t (a int); grant select on report_oibl.t to public")
    query = "select * from report_oibl.t"
    begin_snapshot(connection)
    totals = control_totals(connection, query, describe(connection, query))

    export_warehouse.execute("insert into report_oibl.t values (1)")

    assert totals.rows == copy_rows(connection, query, MemoryFiles().writer(), "format csv") == 0
