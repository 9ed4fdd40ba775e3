"""What an export reads is of one moment, and no table in it looks empty because it was made again meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from postgres_to_s3.postgres.session import Connect, Session
from postgres_to_s3.postgres.transaction import Transaction
from tests.support.export_runner import wait_until
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version


def test_a_snapshot_cannot_write(session: Session) -> None:
    session.begin_reading()

    with pytest.raises(Exception, match="read-only transaction"):
        session.execute("create table report_oibl.t (a int)")


def test_the_view_shows_what_was_committed_while_the_session_waited_for_a_lock(
    session: Session, connect: Connect, export_warehouse: Warehouse
) -> None:
    export_warehouse.execute("create table report_oibl.a (id int); grant select on report_oibl.a to public")
    query = "select * from report_oibl.a"
    with closing(export_warehouse.connect(admin=True)) as other, ThreadPoolExecutor(1) as thread:
        other.cursor().execute("lock table report_oibl.a")
        waiting = thread.submit(Transaction(session, query, connect).begin)
        wait_until(lambda: export_warehouse.rows("select 1 from pg_locks where not granted"))
        other.cursor().execute("insert into report_oibl.a values (1)")
        other.commit()
        waiting.result()

    assert session.fetch_row(f"select count(*) from ({query}) as a") == (1,)


@pytest.mark.parametrize("lock_timeout", ["5min", "7s"])
def test_the_time_to_wait_for_locks_is_the_same_afterwards(
    session: Session, connect: Connect, lock_timeout: str
) -> None:
    session.execute(f"set lock_timeout = '{lock_timeout}'")

    Transaction(session, "select 1", connect).begin()

    assert session.fetch_row("show lock_timeout") == (lock_timeout,)


SOME_COLUMNS = """
do $$ begin create role some_columns; exception when duplicate_object then null; end $$;
"""
HIDDEN = """
create table report_oibl.hidden (id int, secret text);
insert into report_oibl.hidden values (1, 'x');
grant select (id) on report_oibl.hidden to some_columns
"""


@pytest.mark.parametrize(
    ("statements", "query"),
    [
        pytest.param(
            "grant select (id) on report_oibl.hidden to billing_aggregator",
            "select id from report_oibl.hidden",
            id="some-columns",
        ),
        pytest.param(
            """
            create view report_oibl.seen as select id from report_oibl.hidden;
            grant usage, create on schema report_oibl to some_columns;
            alter view report_oibl.seen owner to some_columns;
            grant select on report_oibl.seen to billing_aggregator
            """,
            "select * from report_oibl.seen",
            id="view-of-a-role-that-sees-some-columns",
        ),
        pytest.param(
            """
            create materialized view report_oibl.seen as select id from report_oibl.hidden;
            grant select on report_oibl.seen to billing_aggregator
            """,
            "select * from report_oibl.seen",
            id="materialised-view",
        ),
    ],
)
def test_what_cannot_be_locked_by_name_is_read_all_the_same(
    session: Session, connect: Connect, export_warehouse: Warehouse, statements: str, query: str
) -> None:
    export_warehouse.execute(SOME_COLUMNS)
    export_warehouse.execute(f"{HIDDEN}; {statements}")

    with Transaction(session, query, connect):
        assert session.fetch_row(f"select count(*) from ({query}) as seen") == (1,)


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
def test_every_kind_of_relation_is_found_unchanged(
    session: Session, connect: Connect, export_warehouse: Warehouse, query: str
) -> None:
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

    with Transaction(session, query, connect):
        assert session.fetch_row("show transaction_isolation") == ("repeatable read",)
