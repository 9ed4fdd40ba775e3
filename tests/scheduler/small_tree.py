"""A script tree of two small systems that a test can make wait or fail, and what they leave behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.bucket import Bucket
from tests.support.script_files import write_file
from tests.support.warehouse import Warehouse

# The sources, and what makes a script or an export wait (a lock that the test holds) or fail (a row).
SOURCES = """
create schema shop;
create table shop.orders (id int primary key, amount numeric(10, 2) not null);
create table shop.broken (script text primary key);
create table shop.refused (system text primary key);
create function shop.wait_for(gate int) returns boolean language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(gate);
    return true;
end $$;
create function shop.wait_in_copy(id int) returns boolean language plpgsql as $$
begin
    -- the last row of an export, once the files before it have been sent
    return id < 5 or current_query() not ilike 'copy%' or shop.wait_for(2);
end $$;
grant usage on schema shop to public;
grant select on all tables in schema shop to public;
insert into shop.orders select i, i * 1.10 from generate_series(1, 5) as i;
"""
BUILD = """
select shop.wait_for({gate});
do $$ begin
    if exists (select from shop.broken where script = '{system}') then
        raise exception 'the script of {system} was told to fail';
    end if;
end $$;
create table if not exists report_oibl.{system}_rows (id int, amount numeric(10, 2));
truncate report_oibl.{system}_rows;
insert into report_oibl.{system}_rows select id, amount from shop.orders order by id;
create or replace view report_oibl.{system}_results as
select id, amount from report_oibl.{system}_rows where shop.wait_in_copy(id);
"""
KEEP = """
create table if not exists report_oibl.alpha_history (business_date date primary key, total numeric);
delete from report_oibl.alpha_history where business_date = '{{ business_date }}';
insert into report_oibl.alpha_history
select '{{ business_date }}', sum(amount) from report_oibl.alpha_rows;
"""
CHECK = "select not exists (select from shop.refused where system = 'alpha') as is_accepted"
GATES = {"alpha.init": 1, "export": 2, "beta.init": 3}
CURRENT = "enercity/local/alpha_alpha_results_0000.csv"
ALPHA_FILE = b"id,amount\n1,1.10\n2,2.20\n3,3.30\n4,4.40\n5,5.50\n"


def archive_key(day: object) -> str:
    """Where alpha's archive of a day is."""
    return f"enercity/local/archive/alpha/orders/{day}/orders_0000.csv"


def write_tree(root: Path) -> None:
    """alpha, with a check, archive and history; beta, which comes after it."""
    write_file(root, "init/alpha/010_build.sql", BUILD.format(system="alpha", gate=GATES["alpha.init"]))
    write_file(root, "postchecks/alpha/010_accept.sql", CHECK)
    write_file(root, "archive/alpha/orders.sql", "select id, amount from report_oibl.alpha_rows")
    write_file(root, "history/alpha/010_keep.sql", KEEP)
    write_file(root, "init/beta/010_build.sql", BUILD.format(system="beta", gate=GATES["beta.init"]))
    write_file(root, "systems.yaml", "systems: {beta: {after: [alpha]}}\n")


@dataclass(frozen=True)
class Shop:
    """The warehouse and the bucket of the tree."""

    warehouse: Warehouse
    bucket: Bucket

    @contextmanager
    def closed(self, gate: str) -> Iterator[None]:
        """Within the block whoever comes to the gate waits there."""
        with closing(self.warehouse.connect(admin=True)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("select pg_advisory_lock(%s)", [GATES[gate]])
                yield

    def waits_at(self, gate: str) -> bool:
        """Whether somebody waits at the gate."""
        query = f"select count(*) from pg_locks where locktype = 'advisory' and objid = {GATES[gate]} and not granted"
        return self.warehouse.rows(query) != [(0,)]

    @contextmanager
    def broken(self, system: str) -> Iterator[None]:
        """Within the block the script of the system fails."""
        self.warehouse.execute(f"insert into shop.broken values ('{system}')")
        yield
        self.warehouse.execute("delete from shop.broken")

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Within the block the postcheck of alpha refuses its results."""
        self.warehouse.execute("insert into shop.refused values ('alpha')")
        yield
        self.warehouse.execute("delete from shop.refused")

    def sent_files(self) -> list[str]:
        """The keys of files that are sent, but not yet visible."""
        # The preflight begins an upload, too, to see whether it may.
        return sorted(each["Key"] for each in self.bucket.open_uploads() if each["Key"].endswith(".csv"))

    def files(self) -> dict[str, bytes]:
        """All CSV files of the bucket by key."""
        return {key: self.bucket.read(key) for key in self.bucket.keys() if key.endswith(".csv")}

    def history(self) -> dict[str, Any]:
        """The total of each day in the history."""
        rows = self.warehouse.rows("select business_date::text, total from report_oibl.alpha_history order by 1")
        return dict(rows)

    def lock_holders(self) -> list[str]:
        """The runs that hold the lock of the warehouse: one or none."""
        return [run_id for (run_id,) in self.warehouse.rows("select run_id from report_oibl_work.run_lock")]

    def contents(self) -> tuple[list[tuple[Any, ...]], list[tuple[str, str]]]:
        """All that a run may leave: tables with their rows in the warehouse, versions of objects in the bucket."""
        tables = self.warehouse.rows(
            "select oid::regclass::text, oid, relfilenode from pg_class where relkind in ('r', 'v')"
            " and relnamespace::regnamespace::text = 'report_oibl' order by 1"
        )
        rows = [(*table, self.warehouse.rows(f"select t::text from {table[0]} as t order by 1")) for table in tables]
        return rows, self.bucket.versions()
