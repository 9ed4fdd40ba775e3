"""The catalogue tells which changes concern a query; those that do not are no reason to refuse an export."""

from __future__ import annotations

from contextlib import closing

import pytest

from postgres_to_s3.errors import TransientError
from postgres_to_s3.postgres.catalogue import Catalogue, changed_entries
from postgres_to_s3.postgres.session import Connect, Session
from postgres_to_s3.postgres.transaction import Transaction
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

WAREHOUSE = """
create type report_oibl.state as enum ('open');
create type report_oibl."Other State" as enum ('open');
create type report_oibl.price as (amount numeric);
create domain report_oibl.known_state as report_oibl.state;
create table report_oibl.plain (id int primary key, name text);
create table report_oibl.other (id int primary key, name text);
create table report_oibl.typed (states report_oibl.known_state[], price report_oibl.price);
create table report_oibl.parts (id int, name text) partition by range (id);
create table report_oibl.low partition of report_oibl.parts for values from (0) to (10);
create table report_oibl.high partition of report_oibl.parts for values from (10) to (20);
create table report_oibl.parent (id int);
create function report_oibl.used(id int) returns boolean language sql as 'select id > 0';
create function report_oibl.unused(id int) returns boolean language sql as 'select id > 0';
create function report_oibl."Used, too"(id int) returns boolean language sql as 'select report_oibl.used(id)';
create function report_oibl.dynamic() returns int language plpgsql as $$
    declare result int; begin execute 'select ' || '1' into result; return result; end $$;
create operator report_oibl.=== (leftarg = int, rightarg = int, function = int4eq);
create view report_oibl.seen as select id from report_oibl.parts where report_oibl.used(id);
create view report_oibl.twice as select * from report_oibl.seen;
create materialized view report_oibl.stored as select id from report_oibl.plain;
grant usage on schema report_oibl to public;
grant select on all tables in schema report_oibl to public
"""
PLAIN = "select * from report_oibl.plain"
HARMLESS = [
    "insert into report_oibl.plain values (1, 'x')",
    "analyze",
    "vacuum report_oibl.plain",
    "create index on report_oibl.plain (name)",
    "grant select on all tables in schema report_oibl to pg_monitor",
    "grant usage on schema report_oibl to pg_monitor",
    "comment on table report_oibl.plain is 'x'",
    "alter table report_oibl.other add column more int default 1",
    "truncate report_oibl.other",
    "drop table report_oibl.other",
    "create table report_oibl.new (id int)",
    "alter type report_oibl.state add value 'settled'",
    "create or replace function report_oibl.unused(id int) returns boolean language sql as 'select id > 1'",
    "create role nobody_else; grant pg_monitor to nobody_else; drop role nobody_else",
]
REPLACE = "create or replace function report_oibl.{}(id int) returns boolean language sql as 'select id > 1'"
USED = "function report_oibl.used"
CONCERNING = [
    (PLAIN, "alter role billing_aggregator noinherit; alter role billing_aggregator inherit", []),
    ("select report_oibl.used(1)", REPLACE.format("used"), [USED]),
    ('select "report_oibl" . "used" (1)', REPLACE.format("used"), [USED]),
    ('select report_oibl."Used, too"(1)', REPLACE.format('"Used, too"'), ['function report_oibl."Used, too"']),
    ('select report_oibl."Used, too"(1)', REPLACE.format("used"), [USED]),
    ("select report_oibl.dynamic()", REPLACE.format("unused"), ["function report_oibl.unused"]),
    ("select * from report_oibl.twice", REPLACE.format("used"), [USED]),
    ("select report_oibl.used(1)", "create function report_oibl.used(id bigint) returns int return 1", [USED]),
    ("select report_oibl.used(1)", "drop function report_oibl.used cascade", [USED]),
    (
        "select 'open'::report_oibl.\"Other State\"",
        "alter type report_oibl.\"Other State\" rename value 'open' to 'x'",
        ['type report_oibl."Other State"'],
    ),
    (
        "select * from report_oibl.typed",
        "alter type report_oibl.state rename value 'open' to 'x'",
        ["type report_oibl.state"],
    ),
    (
        "select * from report_oibl.twice",
        """
        create table report_oibl.more (id int, name text);
        alter table report_oibl.parts attach partition report_oibl.more for values from (20) to (30)
        """,
        ["table report_oibl.more", "table report_oibl.parts"],
    ),
    (
        "select * from report_oibl.parent",
        "create table report_oibl.child () inherits (report_oibl.parent)",
        ["table report_oibl.child", "table report_oibl.parent"],
    ),
]


@pytest.fixture
def filled(export_warehouse: Warehouse) -> Warehouse:
    """A warehouse with objects of every kind."""
    export_warehouse.execute(WAREHOUSE)
    return export_warehouse


@pytest.mark.parametrize("statement", HARMLESS)
def test_what_does_not_change_the_query_raises_no_alarm(
    session: Session, connect: Connect, filled: Warehouse, statement: str
) -> None:
    with Transaction(session, PLAIN, connect):
        session.execute(PLAIN)
        filled.execute(statement)


@pytest.mark.parametrize(("query", "statement", "changed"), CONCERNING)
def test_what_changes_the_query_is_named(
    session: Session, connect: Connect, filled: Warehouse, query: str, statement: str, changed: list[str]
) -> None:
    with closing(connect()) as further:
        further.prepare()
        session.execute(f"begin isolation level repeatable read; select * from ({query}) as locked limit 0")
        catalogue = Catalogue(session, query)
        locked = catalogue.relations()
        before = catalogue.entries(locked, locked)
        filled.execute(f"set lock_timeout = '5s'; {statement}")

        assert catalogue.entries(locked, locked) == before
        assert changed_entries(before, Catalogue(further, query).entries(locked, locked)) == changed


def test_a_temporary_child_of_another_session_is_not_read_and_does_not_matter(
    session: Session, connect: Connect, filled: Warehouse
) -> None:
    query = "select * from report_oibl.parent"
    with closing(filled.connect(admin=True)) as other, Transaction(session, query, connect):
        other.cursor().execute("create temporary table child () inherits (report_oibl.parent)")
        other.commit()

        assert session.fetch_row(f"select count(*) from ({query}) as counted") == (0,)


def test_objects_that_vanish_all_the_time_can_be_looked_up(
    session: Session, connect: Connect, filled: Warehouse
) -> None:
    with closing(filled.connect(admin=True)) as other:
        other.autocommit = True
        for number in range(20):
            with Transaction(session, "select * from report_oibl.twice", connect):
                other.cursor().execute(f"create table report_oibl.new_{number} (id report_oibl.state)")
            other.cursor().execute(f"drop table report_oibl.new_{number}")


def test_schemas_that_change_places_are_noticed(session: Session, connect: Connect, filled: Warehouse) -> None:
    swap = "alter schema report_oibl rename to kept; alter schema spare rename to report_oibl"
    filled.execute("create schema spare; create table spare.plain (id int primary key, name text)")
    filled.execute("grant usage on schema spare to public; grant select on spare.plain to public")
    transaction = Transaction(session, PLAIN, connect).begin()
    filled.execute(swap)
    session.execute(PLAIN)
    try:
        with pytest.raises(TransientError, match=r"table kept\.plain, table report_oibl\.plain"):
            transaction.end()
    finally:
        filled.execute("alter schema report_oibl rename to spare; alter schema kept rename to report_oibl")
        filled.execute("drop schema spare cascade")
