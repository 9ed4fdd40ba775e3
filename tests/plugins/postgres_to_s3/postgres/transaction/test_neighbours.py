"""Sessions that make, change and drop tables all the time neither disturb an export nor are disturbed by it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import pytest

from postgres_to_s3.postgres.session import Connect, Session
from postgres_to_s3.postgres.transaction import Transaction
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

ROUNDS = 150
ROWS = 100
OWN = f"""
create table report_oibl.orders as select row as id, 'x' as name from generate_series(1, {ROWS}) as row;
grant select on all tables in schema report_oibl to billing_aggregator
"""
# What other scripts do to tables of their own.
NEIGHBOURS = (
    """
    create table report_oibl.{0} (id int primary key, name text);
    create index on report_oibl.{0} (name);
    insert into report_oibl.{0} select row, 'x' from generate_series(1, 20) as row;
    drop table report_oibl.{0}
    """,
    """
    create table if not exists report_oibl.{0} (id int);
    create index {0}_id on report_oibl.{0} (id);
    alter table report_oibl.{0} alter id type bigint;
    truncate report_oibl.{0};
    drop index report_oibl.{0}_id;
    alter table report_oibl.{0} alter id type int
    """,
)
# What happens to the export's own table, in one transaction: it is another one, with other rows, each time.
SWAP = f"""
begin;
create table report_oibl.next as select row as id, 'x' as name from generate_series(1, {ROWS}) as row;
drop table report_oibl.orders;
alter table report_oibl.next rename to orders;
grant select on report_oibl.orders to billing_aggregator;
commit
"""
VIEWS = f"""
begin;
delete from report_oibl.part_1;
insert into report_oibl.part_0 select row, 'x' from generate_series(1, {ROWS}) as row;
create or replace view report_oibl.seen as select * from report_oibl.part_0;
commit;
begin;
delete from report_oibl.part_0;
insert into report_oibl.part_1 select row, 'x' from generate_series(1, {ROWS}) as row;
create or replace view report_oibl.seen as select * from report_oibl.part_1;
commit
"""
VIEW = f"""
create table report_oibl.part_0 (id int, name text);
create table report_oibl.part_1 (id int, name text);
insert into report_oibl.part_1 select row, 'x' from generate_series(1, {ROWS}) as row;
create view report_oibl.seen as select * from report_oibl.part_1;
grant select on all tables in schema report_oibl to billing_aggregator
"""


@contextmanager
def neighbour(warehouse: Warehouse, statements: str) -> Iterator[None]:
    """Somebody who runs these statements again and again until the block ends; fails if one of them does."""
    has_ended = threading.Event()

    def work() -> int:
        rounds = 0
        with closing(warehouse.connect(admin=True)) as connection:
            connection.autocommit = True
            while not has_ended.is_set():
                connection.cursor().execute(statements)
                rounds += 1
        return rounds

    with ThreadPoolExecutor(1) as thread:
        working = thread.submit(work)
        try:
            yield
        finally:
            has_ended.set()
        assert working.result() > 0


def count_rows(session: Session, query: str, connect: Connect) -> int:
    """The rows of the query in a snapshot of its own."""
    with Transaction(session, query, connect):
        (rows,) = session.fetch_row(f"select count(*) from ({query}) as counted")
    return int(rows)


def test_tables_of_others_do_not_matter(session: Session, connect: Connect, export_warehouse: Warehouse) -> None:
    export_warehouse.execute(OWN)
    first, second = NEIGHBOURS
    with (
        neighbour(export_warehouse, first.format("first")),
        neighbour(export_warehouse, second.format("second")),
    ):
        counts = [count_rows(session, "select * from report_oibl.orders", connect) for _ in range(ROUNDS)]

    assert counts == [ROWS] * ROUNDS


@pytest.mark.parametrize("statement", ["drop table report_oibl.other", "alter table report_oibl.other add b int"])
def test_a_table_that_another_transaction_has_locked_is_not_waited_for(
    session: Session, connect: Connect, export_warehouse: Warehouse, statement: str
) -> None:
    export_warehouse.execute(f"{OWN}; create table report_oibl.other (a int primary key)")
    session.execute("set lock_timeout = '2s'")
    with closing(export_warehouse.connect(admin=True)) as other:
        other.cursor().execute(statement)

        assert count_rows(session, "select * from report_oibl.orders", connect) == ROWS


@pytest.mark.parametrize(
    ("before", "statements", "query"),
    [
        pytest.param(OWN, SWAP, "select * from report_oibl.orders", id="table"),
        pytest.param(VIEW, VIEWS, "select * from report_oibl.seen", id="view"),
    ],
)
def test_what_is_replaced_all_the_time_is_read_whole_each_time(
    session: Session, connect: Connect, export_warehouse: Warehouse, before: str, statements: str, query: str
) -> None:
    export_warehouse.execute(before)
    with neighbour(export_warehouse, statements):
        counts = [count_rows(session, query, connect) for _ in range(ROUNDS)]

    assert counts == [ROWS] * ROUNDS
