"""How new results replace the old ones: all at once, and without taking anything from their readers."""

from __future__ import annotations

from contextlib import closing

import psycopg2
import pytest

from tests.include.sql.run_scripts import (
    build_bookkeeper,
    read_system,
    read_table,
    run_script,
    run_stage,
    script_session,
)
from tests.include.sql.source_rows import SourceRows
from tests.support.warehouse import Warehouse

TABLES = (
    "bookkeeper_tax_accounts",
    "bookkeeper_document_headers",
    "bookkeeper_tax_lines",
    "bookkeeper_results",
)


def _load_document(warehouse: Warehouse, number: str) -> None:
    rows = SourceRows()
    item = rows.item(rows.entry(rows.summary(), id=number))
    rows.source_item(rows.source(item))
    rows.tax_source_item(rows.tax_source(rows.tax(item)))
    rows.load(warehouse)


def _documents(warehouse: Warehouse) -> dict[str, list[str]]:
    """The document numbers that the pipeline's role reads in a session of its own, by table."""
    with closing(warehouse.connect()) as connection, connection.cursor() as cursor:
        found = {}
        for table, column in (
            ("bookkeeper_results", "xblnr"),
            ("bookkeeper_tax_lines", "xblnr"),
            ("bookkeeper_document_headers", "xbelnr"),
        ):
            cursor.execute(f"select {column} from report_oibl.{table}")
            found[table] = [number for (number,) in cursor.fetchall()]
        return found


def _all_of(number: str) -> dict[str, list[str]]:
    return {table: [number] for table in TABLES[1:]}


@pytest.fixture
def warehouse(empty_warehouse: Warehouse) -> Warehouse:
    """A warehouse with the published document OLD, and NEW in the sources."""
    _load_document(empty_warehouse, "OLD")
    build_bookkeeper(empty_warehouse)
    _load_document(empty_warehouse, "NEW")
    return empty_warehouse


def test_second_run_on_the_same_data_gives_the_same_rows(warehouse: Warehouse) -> None:
    build_bookkeeper(warehouse)
    first = {table: read_table(warehouse, table) for table in TABLES}

    build_bookkeeper(warehouse)

    assert {table: read_table(warehouse, table) for table in TABLES} == first


def test_every_script_may_run_twice(warehouse: Warehouse) -> None:
    for script in read_system("bookkeeper").stage("init"):
        for _ in range(2):
            with closing(script_session(warehouse)) as connection:
                run_script(connection, script)

    assert _documents(warehouse) == _all_of("NEW")


def test_old_results_stay_until_the_last_script(warehouse: Warehouse) -> None:
    run_stage(warehouse, "bookkeeper", "init", before="900")

    assert _documents(warehouse) == _all_of("OLD")


def test_new_results_appear_all_at_once(warehouse: Warehouse) -> None:
    run_stage(warehouse, "bookkeeper", "init", before="900")
    warehouse.execute(
        "create function fail() returns event_trigger language plpgsql as $$ begin if exists ("
        " select from pg_event_trigger_dropped_objects() where object_identity = 'report_oibl.bookkeeper_results'"
        " ) then raise exception 'not this one'; end if; end $$;"
        " create event trigger keep_results on sql_drop execute function fail();"
    )

    # The last of the four tables cannot be replaced, so the three before it must not change either.
    with pytest.raises(psycopg2.errors.RaiseException, match="not this one"):
        run_stage(warehouse, "bookkeeper", "init")

    assert _documents(warehouse) == _all_of("OLD")


def test_publication_that_is_interrupted_leaves_the_old_results(warehouse: Warehouse) -> None:
    run_stage(warehouse, "bookkeeper", "init", before="900")
    publish = read_system("bookkeeper").stage("init")[-1]
    with closing(script_session(warehouse)) as connection:
        connection.autocommit = False
        run_script(connection, publish)
        connection.rollback()

    assert _documents(warehouse) == _all_of("OLD")


def test_table_with_other_columns_is_replaced(warehouse: Warehouse) -> None:
    warehouse.execute("alter table report_oibl.bookkeeper_document_headers rename column budat to posted")

    build_bookkeeper(warehouse)

    assert [set(row) for row in read_table(warehouse, "bookkeeper_document_headers")] == [{"budat", "xbelnr"}]


def test_rights_of_readers_survive(warehouse: Warehouse) -> None:
    for table in TABLES:
        warehouse.execute(f"grant select on report_oibl.{table} to pg_monitor")

    build_bookkeeper(warehouse)

    for table in TABLES:
        query = f"select has_table_privilege('pg_monitor', 'report_oibl.{table}', 'select')"
        assert warehouse.rows(query) == [(True,)]


def test_views_of_others_on_a_table_stay_and_show_the_new_rows(warehouse: Warehouse) -> None:
    warehouse.execute("create view public.documents as select xblnr from report_oibl.bookkeeper_results")
    before = warehouse.rows("select count(*) from public.documents")
    warehouse.execute("delete from report_oibl.bookkeeper_results")

    runs = run_stage(warehouse, "bookkeeper", "init", business_date="2024-07-04")

    assert before != [(0,)]
    assert warehouse.rows("select count(*) from public.documents") == before
    assert [notice for run in runs for notice in run.notices] == []
    comment = "select obj_description('report_oibl.bookkeeper_results'::regclass)"
    assert warehouse.rows(comment) == [("booking lines built for business date 2024-07-04",)]
    assert warehouse.rows("select to_regclass('report_oibl_work.bookkeeper_results') is null") == [(True,)]


def test_views_of_others_on_a_table_of_other_columns_are_dropped_with_it_and_named(warehouse: Warehouse) -> None:
    warehouse.execute("create view public.documents as select xblnr from report_oibl.bookkeeper_results")
    warehouse.execute("alter table report_oibl.bookkeeper_results rename column budat to posted")

    runs = run_stage(warehouse, "bookkeeper", "init")

    expected = "WARNING:  dropped with the old result, to be created again by their owners: documents\n"
    assert [notice for run in runs for notice in run.notices] == [expected]


def test_business_date_is_that_of_the_rows_published(warehouse: Warehouse) -> None:
    run_stage(warehouse, "bookkeeper", "init", business_date="2024-07-02")
    run_stage(warehouse, "bookkeeper", "init", business_date="2024-07-03", before="900")

    comment = "select obj_description('report_oibl.bookkeeper_results'::regclass)"
    assert warehouse.rows(comment) == [("booking lines built for business date 2024-07-02",)]


def test_planner_knows_the_new_rows(warehouse: Warehouse) -> None:
    build_bookkeeper(warehouse)

    query = "select reltuples from pg_class where oid = 'report_oibl.bookkeeper_results'::regclass"
    assert warehouse.rows(query) == [(1.0,)]
