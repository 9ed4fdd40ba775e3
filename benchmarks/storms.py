"""The storms of `make storms`: what neighbours change all the time, and which exports are right meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

ROWS = 50
LOW, HIGH, MOVED = range(1, 11), range(11, ROWS + 1), range(101, 101 + ROWS)
ALL = range(1, ROWS + 1)
GROUP = "storm_readers"
GRANT = "grant usage on schema report_oibl to public; grant select on all tables in schema report_oibl to public"
TABLE = f"create table report_oibl.orders as select generate_series(1, {ROWS}) as row; {GRANT}"
FUNCTION = (
    "create or replace function report_oibl.shown(number int) returns boolean language sql as 'select number {} 10'"
)
PARENT = "create table report_oibl.orders (row int)"
LOADED = f"""
create table report_oibl.loaded (row int);
insert into report_oibl.orders select generate_series(1, {ROWS});
insert into report_oibl.loaded select generate_series({MOVED[0]}, {MOVED[-1]});
{GRANT}
"""
EMPTY = "begin; delete from only report_oibl.{}"
FILL = f"insert into report_oibl.{{}} select generate_series(1, {ROWS}); commit"
PARTITION = "create table report_oibl.part partition of report_oibl.orders for values from (0) to (100)"
# The owner of the view may read one column, so that nobody can lock its tables by name.
REPOINTED = f"""
create table report_oibl.a (row int, secret text);
create table report_oibl.b (row int, secret text);
insert into report_oibl.a select generate_series(1, {ROWS});
create view report_oibl.orders as select row from report_oibl.a;
{GRANT};
revoke select on report_oibl.a, report_oibl.b from public;
grant select (row) on report_oibl.a, report_oibl.b to {GROUP};
grant usage, create on schema report_oibl to {GROUP};
alter view report_oibl.orders owner to {GROUP}
"""
REPOINT = f"""
begin;
delete from report_oibl.{{0}};
insert into report_oibl.{{1}} select generate_series(1, {ROWS});
create or replace view report_oibl.orders as select row from report_oibl.{{1}};
commit
"""
POLICIES = f"""
{TABLE};
alter table report_oibl.orders enable row level security;
create policy low on report_oibl.orders to {GROUP} using (row <= 10);
create policy high on report_oibl.orders using (row > 10)
"""
LABELS = f"""
create type report_oibl.state as enum ('open');
create table report_oibl.orders as select 'open'::report_oibl.state as state from generate_series(1, {ROWS});
{GRANT}
"""
RELABEL = "alter type report_oibl.state rename value '{}' to '{}'"


@dataclass(frozen=True)
class Storm:
    """Neighbours who run the statements in turn, and the exports that are right meanwhile.

    :param right: the values of each export that may be published
    :param is_harmless: every export succeeds at the first attempt
    """

    name: str
    before: str
    statements: tuple[str, ...]
    right: tuple[Iterable[object], ...]
    sql: str | None = None
    is_harmless: bool = False


def _harmless(name: str, *statements: str) -> Storm:
    return Storm(name, TABLE, statements, (ALL,), is_harmless=True)


STORMS = (
    Storm(
        "attach",
        f"{PARENT} partition by range (row); {PARTITION}; {LOADED}",
        (
            f"{EMPTY.format('part')}; alter table report_oibl.orders"
            " attach partition report_oibl.loaded for values from (100) to (200); commit",
            f"begin; alter table report_oibl.orders detach partition report_oibl.loaded; {FILL.format('orders')}",
        ),
        (ALL, MOVED),
    ),
    Storm(
        "inherit",
        f"{PARENT}; {LOADED}",
        (
            f"{EMPTY.format('orders')}; alter table report_oibl.loaded inherit report_oibl.orders; commit",
            f"begin; alter table report_oibl.loaded no inherit report_oibl.orders; {FILL.format('orders')}",
        ),
        (ALL, MOVED),
    ),
    Storm("repoint", REPOINTED, (REPOINT.format("a", "b"), REPOINT.format("b", "a")), (ALL,)),
    Storm(
        "replace",
        f"{FUNCTION.format('>')}; {TABLE}",
        (FUNCTION.format("<="), FUNCTION.format(">")),
        (LOW, HIGH),
        "select row from report_oibl.orders where report_oibl.shown(row)",
    ),
    Storm(
        "grant",
        POLICIES,
        (f"grant {GROUP} to billing_aggregator", f"revoke {GROUP} from billing_aggregator"),
        (ALL, HIGH),
    ),
    Storm(
        "rename",
        LABELS,
        (RELABEL.format("open", "pending"), RELABEL.format("pending", "open")),
        (["open"] * ROWS, ["pending"] * ROWS),
    ),
    _harmless("insert", "begin; insert into report_oibl.orders values (0); rollback"),
    _harmless("analyze", "analyze report_oibl.orders"),
    _harmless("vacuum", "vacuum report_oibl.orders"),
    _harmless("index", "create index if not exists row on report_oibl.orders (row)", "drop index report_oibl.row"),
)
