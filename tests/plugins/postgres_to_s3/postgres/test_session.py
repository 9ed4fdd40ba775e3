"""The session of an export is the only one of its kind, and what it reads is of one moment."""

from __future__ import annotations

from typing import Any

import pytest

from postgres_to_s3.errors import TransientError
from postgres_to_s3.postgres import session as warehouse_session
from postgres_to_s3.postgres.session import (
    begin_snapshot,
    begin_snapshot_of,
    execute,
    fetch_row,
    lock_export,
    open_session,
)
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version


def test_a_snapshot_cannot_write(connection: Any) -> None:
    begin_snapshot(connection)

    with pytest.raises(Exception, match="read-only transaction"):
        execute(connection, "create table report_oibl.t (a int)")


def test_a_locked_export_is_refused_with_its_holder(connections: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse_session, "LOCK_SECONDS", 0.0)
    lock_export(connections[0], "s3://b/results", "export attempt 1 of scheduled__2026-11-22")

    with pytest.raises(TransientError, match=r"'s3://b/results': export attempt 1 of scheduled__2026-11-22 \(pid"):
        lock_export(connections[1], "s3://b/results", "export attempt 2 of scheduled__2026-11-22")


def test_an_attempt_waits_for_one_that_is_just_ending(connections: Any) -> None:
    lock_export(connections[0], "s3://b/results", "first")
    connections[0].close()

    lock_export(connections[1], "s3://b/results", "second")


def test_different_exports_do_not_lock_each_other(connections: Any) -> None:
    lock_export(connections[0], "s3://b/results", "first")

    lock_export(connections[1], "s3://b/other_results", "second")


def test_an_attempt_shows_itself_in_the_warehouse(connection: Any, export_warehouse: Warehouse) -> None:
    lock_export(connection, "s3://b/results", "bookkeeper.export attempt 1 of " + "x" * 100)

    names = export_warehouse.rows("select application_name from pg_stat_activity where application_name > ''")

    assert names == [("bookkeeper.export attempt 1 of " + "x" * 32,)]


def test_the_lock_outlives_the_statement_and_leaves_no_transaction_open(connections: Any) -> None:
    lock_export(connections[0], "s3://b/results", "first")

    assert fetch_row(connections[0], "select count(*) from pg_locks where locktype = 'advisory'") == (1,)
    assert fetch_row(connections[0], "show lock_timeout") == ("5min",)
    assert fetch_row(connections[0], "select now() = statement_timestamp()") == (True,)


def test_a_lock_timeout_of_the_connection_stays(connection: Any) -> None:
    execute(connection, "set lock_timeout = '7s'")

    open_session(connection)

    assert fetch_row(connection, "show lock_timeout") == ("7s",)


def test_tables_that_are_made_again_and_again_are_given_up(connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse_session, "REWRITTEN", "select 'report_oibl.orders'")

    with pytest.raises(TransientError, match=r"report_oibl.orders; export when that has ended"):
        begin_snapshot_of(connection, "select 1")


@pytest.mark.parametrize(
    "query",
    [
        "select * from report_oibl.parts",
        "select * from report_oibl.seen",
        "select * from report_oibl.stored",
        "select relname from pg_class",
        "select 1",
    ],
)
def test_every_kind_of_relation_is_known_as_untouched(connection: Any, export_warehouse: Warehouse, query: str) -> None:
    export_warehouse.execute(
        """
        create table report_oibl.parts (a int primary key) partition by range (a);
        create table report_oibl.low partition of report_oibl.parts for values from (0) to (10);
        create view report_oibl.seen as select * from report_oibl.parts;
        create materialized view report_oibl.stored as select 1 as a;
        grant usage on schema report_oibl to public;
        grant select on all tables in schema report_oibl to public
        """
    )

    begin_snapshot_of(connection, query)

    assert fetch_row(connection, "show transaction_isolation") == ("repeatable read",)
