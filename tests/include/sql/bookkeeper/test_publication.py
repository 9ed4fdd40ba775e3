"""How new results replace the old ones: all at once, and without taking anything from their readers."""

from __future__ import annotations

from contextlib import closing

import psycopg2
import pytest

from tests.include.sql.run_scripts import build_bookkeeper, read_system, read_table, run_script, run_stage
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
            with closing(warehouse.connect()) as connection:
                connection.autocommit = True
                run_script(connection, script)

    assert _documents(warehouse) == _all_of("NEW")


def test_old_results_stay_until_the_last_script(warehouse: Warehouse) -> None:
    run_stage(warehouse, "bookkeeper", "init", before="900")

    assert _documents(warehouse) == _all_of("OLD")


def test_new_results_appear_all_at_once(warehouse: Warehouse) -> None:
    run_stage(warehouse, "bookkeeper", "init", before="900")
    warehouse.execute("alter table report_oibl.bookkeeper_results add column remark text")

    # The last of the four tables cannot take its rows, so the three before it must not change either.
    with pytest.raises(psycopg2.Error, match=r"report_oibl\.bookkeeper_results has other columns"):
        run_stage(warehouse, "bookkeeper", "init")

    assert _documents(warehouse) == _all_of("OLD")


def test_publication_that_is_interrupted_leaves_the_old_results(warehouse: Warehouse) -> None:
    run_stage(warehouse, "bookkeeper", "init", before="900")
    publish = read_system("bookkeeper").stage("init")[-1]
    with closing(warehouse.connect()) as connection:
        run_script(connection, publish)
        connection.rollback()

    assert _documents(warehouse) == _all_of("OLD")


def test_error_for_changed_columns_says_what_to_do(warehouse: Warehouse) -> None:
    warehouse.execute("alter table report_oibl.bookkeeper_document_headers rename column budat to posted")

    with pytest.raises(psycopg2.Error) as caught:
        build_bookkeeper(warehouse)

    assert "expected: budat date, xbelnr character varying" in str(caught.value)
    assert "found: posted date, xbelnr character varying" in str(caught.value)
    assert "Alter it, or drop it" in str(caught.value)


def test_rights_of_readers_survive(warehouse: Warehouse) -> None:
    for table in TABLES:
        warehouse.execute(f"grant select on report_oibl.{table} to pg_monitor")

    build_bookkeeper(warehouse)

    for table in TABLES:
        query = f"select has_table_privilege('pg_monitor', 'report_oibl.{table}', 'select')"
        assert warehouse.rows(query) == [(True,)]


def test_views_of_readers_show_the_new_rows(warehouse: Warehouse) -> None:
    warehouse.execute("create view report_oibl.documents as select xblnr from report_oibl.bookkeeper_results")

    build_bookkeeper(warehouse)

    assert warehouse.rows("select xblnr from report_oibl.documents") == [("NEW",)]


def test_planner_knows_the_new_rows(warehouse: Warehouse) -> None:
    build_bookkeeper(warehouse)

    query = "select reltuples from pg_class where oid = 'report_oibl.bookkeeper_results'::regclass"
    assert warehouse.rows(query) == [(1.0,)]
