"""The rows of a query are counted, summed and copied as of one moment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from postgres_to_s3.options.csv_dialect import RFC4180
from postgres_to_s3.postgres.session import Session
from tests.support.memory_files import MemoryFiles, copy_to_memory, snapshot_of
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


def test_rows_with_line_breaks_are_cut_at_their_ends(session: Session) -> None:
    session.begin_reading()

    files = copy_to_memory(session, FIVE_ROWS, max_rows=2)

    assert [file.rows for file in files.files] == [2, 2, 1]
    assert files.contents()[2] == b'row,text\n5,"zwei\nZeilen ""5"""\n'


def test_copy_returns_how_many_rows_postgresql_sent(session: Session) -> None:
    session.begin_reading()

    assert snapshot_of(session, FIVE_ROWS).copy(FIVE_ROWS, MemoryFiles().writer(), RFC4180) == 5


def test_control_totals_are_exact(session: Session) -> None:
    query = (
        "select 1::bigint as id, 0.1::numeric(38,20) as amount, null::int as nothing, 18011784::real as rate,"
        " 'x' as text, array[1] as places"
        " union all select 9223372036854775807, 0.2, null, -0.1, 'y', '{2}'"
    )
    session.begin_reading()

    totals = snapshot_of(session, query).count()

    assert totals.rows == 2
    assert totals.sums == {
        "id": "9223372036854775808",
        "amount": "0.30000000000000000000",
        "nothing": None,
        # As texts: 18011784 as a sum of real numbers.
        "rate": "18011783.9",
    }


def test_control_totals_take_columns_by_place(session: Session) -> None:
    query = 'select 1 as "a,b", 2 as "Ä ""x""", 3 as order_'
    session.begin_reading()

    assert snapshot_of(session, query).count().sums == {
        "a,b": "1",
        'Ä "x"': "2",
        "order_": "3",
    }


def test_columns_of_one_name_keep_a_sum_each(session: Session) -> None:
    query = "select 1 as amount, 2 as tax, 3 as amount"
    session.begin_reading()

    sums = snapshot_of(session, query).count().sums

    assert sums == {"amount (1)": "1", "tax": "2", "amount (3)": "3"}


@pytest.mark.parametrize("in_parallel", [True, False])
def test_several_processes_sum_only_where_they_may(
    session: Session, export_warehouse: Warehouse, in_parallel: bool
) -> None:
    export_warehouse.execute(MANY_ROWS)
    query = "select report_oibl.process() as process from report_oibl.t"
    session.execute(CHEAP_PROCESSES)
    session.begin_reading()
    (own,) = session.fetch_row("select pg_backend_pid()")

    totals = replace(snapshot_of(session, query), is_stored=in_parallel).count()

    assert totals.rows == 100_000
    assert (totals.sums["process"] == str(100_000 * own)) == (not in_parallel)


def test_totals_and_rows_are_of_one_moment(session: Session, export_warehouse: Warehouse) -> None:
    export_warehouse.execute("create table report_oibl.t (a int); grant select on report_oibl.t to public")
    query = "select * from report_oibl.t"
    session.begin_reading()
    snapshot = snapshot_of(session, query)
    totals = snapshot.count()

    export_warehouse.execute("insert into report_oibl.t values (1)")

    assert totals.rows == snapshot.copy(query, MemoryFiles().writer(), RFC4180) == 0


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII", "WIN1252"])
def test_a_query_that_sets_the_encoding_keeps_its_text(session: Session, encoding: str) -> None:
    query = f"select set_config('client_encoding', '{encoding}', false) as value, 'Müller €' as name"
    session.begin_reading()
    files = MemoryFiles()
    snapshot = snapshot_of(session, query)

    snapshot.count()
    snapshot.copy(query, files.writer(), RFC4180)

    assert files.contents()[0].decode() == f"h\n{encoding},Müller €\n"
