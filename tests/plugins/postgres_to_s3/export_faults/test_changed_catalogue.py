"""A change of what a query is made of, at any moment of an export, ends it with an error that names the change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException

from postgres_to_s3.operators.chunked_sql_to_s3 import ChunkedSqlToS3Operator
from postgres_to_s3.postgres import transaction
from postgres_to_s3.postgres.snapshot import Snapshot
from postgres_to_s3.postgres.transaction import Transaction
from tests.support.export_runner import ExportRunner, use_driver, wait_until
from tests.support.manifest_reader import read_export
from tests.support.warehouse import Warehouse

pytestmark = [pytest.mark.postgres_version, pytest.mark.usefixtures("small_tables_are_cut")]

ROWS = 50
GROUP = "catalogue_readers"
GRANT = "grant select on all tables in schema report_oibl to billing_aggregator"
# The same rows twice: until the change those of the first table count, afterwards those of the second.
LOADED = f"""
create table report_oibl.orders (row int) {{}};
{{}}
create table report_oibl.loaded (row int not null);
insert into report_oibl.orders select generate_series(1, {ROWS});
insert into report_oibl.loaded select generate_series(101, {100 + ROWS});
{GRANT}
"""
PARTITION = "create table report_oibl.part partition of report_oibl.orders for values from (0) to (100);"
MOVE = "begin; delete from report_oibl.orders; alter table report_oibl.{}; commit"
FUNCTION = f"""
create table report_oibl.orders as select generate_series(1, {ROWS}) as row;
create function report_oibl.shown(number int) returns boolean language {{0}} as {{1}};
create function report_oibl.shown_orders() returns setof int language sql as
    'select row from report_oibl.orders where report_oibl.shown(row)';
grant usage on schema report_oibl to billing_aggregator;
{GRANT}
"""
REPLACE = "create or replace function report_oibl.shown(number int) returns boolean language {0} as {1}"
PLPGSQL = "'begin return number {} 10; end'"
POLICY = f"""
create table report_oibl.orders as select generate_series(1, {ROWS}) as row;
alter table report_oibl.orders enable row level security;
create policy {GROUP} on report_oibl.orders to {GROUP} using (row <= 10);
{GRANT}
"""
# The policy calls a function, so no lock of the table keeps its rule from changing.
POLICY_OF_FUNCTION = f"""
{FUNCTION.format("sql", "'select number > 10'")};
alter table report_oibl.orders enable row level security;
create policy shown on report_oibl.orders using (report_oibl.shown(row))
"""
ENUM = f"""
create type report_oibl.state as enum ('open', 'settled');
create table report_oibl.orders as select 'open'::report_oibl.state as state from generate_series(1, {ROWS});
{GRANT}
"""
VIEW = f"""
create table report_oibl.orders as select generate_series(1, {ROWS}) as row;
create view report_oibl.seen as select row from report_oibl.orders where report_oibl.shown(row);
{GRANT}
"""
SHOWN = "create function report_oibl.shown(number int) returns boolean language sql as 'select number > 10'"


@dataclass(frozen=True)
class Change:
    """What is there before, what a neighbour changes, what is exported, and how the change is called."""

    before: str
    change: str
    name: str
    sql: str | None = None

    @property
    def source(self) -> dict[str, str]:
        return {"sql": self.sql} if self.sql else {}


ATTACHED = {
    "attached": Change(
        LOADED.format("partition by range (row)", PARTITION),
        MOVE.format("orders attach partition report_oibl.loaded for values from (100) to (200)"),
        r"table report_oibl\.loaded, table report_oibl\.orders",
    ),
    "inherited": Change(
        LOADED.format("", ""),
        MOVE.format("loaded inherit report_oibl.orders"),
        r"table report_oibl\.loaded, table report_oibl\.orders",
    ),
    "attached-below-a-view": Change(
        LOADED.format("partition by range (row)", PARTITION)
        + f"; create view report_oibl.seen as select * from report_oibl.orders; {GRANT}",
        MOVE.format("orders attach partition report_oibl.loaded for values from (100) to (200)"),
        r"table report_oibl\.loaded, table report_oibl\.orders",
        "select * from report_oibl.seen",
    ),
}
MEMBERSHIP = f"role billing_aggregator, role {GROUP}"
LABEL = Change(
    ENUM,
    "alter type report_oibl.state rename value 'open' to 'pending'",
    r"type report_oibl\.state",
)
DEFINED = {
    "function-in-sql": Change(
        FUNCTION.format("sql", "'select number > 10'"),
        REPLACE.format("sql", "'select number <= 10'"),
        r"function report_oibl\.shown",
        "select row from report_oibl.orders where report_oibl.shown(row)",
    ),
    "function-in-plpgsql": Change(
        FUNCTION.format("plpgsql", PLPGSQL.format(">")),
        REPLACE.format("plpgsql", PLPGSQL.format("<=")),
        r"function report_oibl\.shown",
        'select row from report_oibl.orders where "report_oibl"."shown"(row)',
    ),
    "function-in-a-function": Change(
        FUNCTION.format("sql", "'select number > 10'"),
        REPLACE.format("sql", "'select number <= 10'"),
        r"function report_oibl\.shown",
        "select * from report_oibl.shown_orders()",
    ),
    "function-in-a-view": Change(
        f"{SHOWN}; {VIEW}",
        REPLACE.format("sql", "'select number <= 10'"),
        r"function report_oibl\.shown",
        "select * from report_oibl.seen",
    ),
    "function-in-a-policy": Change(
        POLICY_OF_FUNCTION, REPLACE.format("sql", "'select number <= 10'"), r"function report_oibl\.shown"
    ),
    "role-granted": Change(POLICY, f"grant {GROUP} to billing_aggregator", MEMBERSHIP),
    "role-revoked": Change(
        f"{POLICY}; grant {GROUP} to billing_aggregator",
        f"revoke {GROUP} from billing_aggregator",
        MEMBERSHIP,
    ),
    "row-security-bypassed": Change(POLICY, "alter role billing_aggregator bypassrls", "role billing_aggregator"),
    "label-renamed": LABEL,
}


def each_of(changes: dict[str, Change]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("change", changes.values(), ids=changes)


@pytest.fixture(params=["psycopg2", "psycopg"])
def changing(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, exports: ExportRunner, export_warehouse: Warehouse
) -> Iterator[ExportRunner]:
    """Exports with either driver, of a role that may become a member of another one."""
    use_driver(monkeypatch, request.param)
    export_warehouse.execute(f"drop role if exists {GROUP}; create role {GROUP}")
    yield exports
    export_warehouse.execute("drop schema report_oibl cascade; create schema report_oibl")
    export_warehouse.execute(f"drop owned by {GROUP}; drop role {GROUP}; alter role billing_aggregator nobypassrls")


def after(monkeypatch: pytest.MonkeyPatch, module: Any, step: str, change: Callable[[], object]) -> None:
    """Let the change happen once, when the step has ended for the first time."""
    take = getattr(module, step)
    changes = [change]

    def step_and_change(*arguments: Any, **options: Any) -> Any:
        result = take(*arguments, **options)
        if changes:
            changes.pop()()
        return result

    monkeypatch.setattr(module, step, step_and_change)


def assert_refused(exports: ExportRunner, change: Change, **arguments: Any) -> None:
    """The export ends with an error that a retry can heal, and publishes nothing; the retry does heal it."""
    with pytest.raises(AirflowException, match=f"being changed: {change.name};") as raised:
        exports.run(**change.source, **arguments)
    assert type(raised.value) is AirflowException
    assert exports.objects() == {}
    exports.run(**change.source, **arguments)
    assert exports.manifest()["rows"] == len(read_export(exports.bucket).rows)


@each_of(ATTACHED)
def test_a_table_that_is_attached_between_snapshot_and_count_is_noticed(
    changing: ExportRunner, export_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    export_warehouse.execute(change.before)
    after(monkeypatch, ChunkedSqlToS3Operator, "provenance", lambda: export_warehouse.execute(change.change))

    assert_refused(changing, change)

    assert len(read_export(changing.bucket).rows) == ROWS


@each_of(ATTACHED | DEFINED)
def test_a_change_between_count_and_copy_is_noticed(
    changing: ExportRunner, export_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, change: Change
) -> None:
    export_warehouse.execute(change.before)
    after(monkeypatch, Snapshot, "count", lambda: export_warehouse.execute(change.change))

    assert_refused(changing, change)


@pytest.mark.parametrize("check_seconds", [0.0, 1.0], ids=["before-each-chunk", "at-the-end"])
@each_of({"inherited": ATTACHED["inherited"], "label-renamed": LABEL})
def test_a_change_between_two_chunks_is_noticed(
    changing: ExportRunner,
    export_warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    change: Change,
    check_seconds: float,
) -> None:
    monkeypatch.setattr(transaction, "CHECK_SECONDS", check_seconds)
    export_warehouse.execute(change.before)
    after(monkeypatch, Snapshot, "copy", lambda: export_warehouse.execute(change.change))

    assert_refused(changing, change, connections=2, max_rows_per_file=10)


def test_a_change_before_a_chunk_is_noticed_before_it_is_copied(
    changing: ExportRunner, export_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transaction, "CHECK_SECONDS", 0.0)
    export_warehouse.execute(LABEL.before)
    copied: list[object] = []
    after(monkeypatch, Snapshot, "count", lambda: export_warehouse.execute(LABEL.change))
    monkeypatch.setattr(Snapshot, "copy", lambda *_, **__: copied.append(_))

    with pytest.raises(AirflowException, match=f"being changed: {LABEL.name};"):
        changing.run()

    assert copied == []


def test_a_copy_that_fails_for_a_change_can_be_repeated(
    changing: ExportRunner, export_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_warehouse.execute(f"{ENUM}; revoke select on report_oibl.orders from billing_aggregator")
    export_warehouse.execute(f"grant {GROUP} to billing_aggregator; grant select on report_oibl.orders to {GROUP}")
    revoke = f"revoke {GROUP} from billing_aggregator"
    after(monkeypatch, Snapshot, "count", lambda: export_warehouse.execute(revoke))

    with pytest.raises(AirflowException, match=f"being changed: {MEMBERSHIP};") as raised:
        changing.run()

    assert type(raised.value) is AirflowException


REPOINTED = f"""
do $$ begin create role some_columns; exception when duplicate_object then null; end $$;
create table report_oibl.a (row int, secret text);
create table report_oibl.b (row int, secret text);
insert into report_oibl.a select generate_series(1, {ROWS});
grant select (row) on report_oibl.a, report_oibl.b to some_columns;
grant usage, create on schema report_oibl to some_columns;
create view report_oibl.seen as select row from report_oibl.a;
alter view report_oibl.seen owner to some_columns;
grant select on report_oibl.seen to billing_aggregator
"""
REPOINT = f"""
delete from report_oibl.a;
insert into report_oibl.b select generate_series(1, {ROWS});
create or replace view report_oibl.seen as select row from report_oibl.b
"""


def test_a_view_of_some_columns_that_is_repointed_after_the_snapshot_is_noticed(
    changing: ExportRunner, export_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    export_warehouse.execute(REPOINTED)
    change = Change(REPOINTED, REPOINT, r"table report_oibl\.a, view report_oibl\.seen", "table report_oibl.seen")
    with closing(export_warehouse.connect(admin=True)) as other, ThreadPoolExecutor(1) as thread:

        def commit() -> None:
            waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%seen%'"
            wait_until(lambda: export_warehouse.rows(waiting))
            other.commit()

        def repoint() -> None:
            other.cursor().execute(REPOINT)
            thread.submit(commit)

        # The rights of the view's owner do not suffice to lock its table, so the snapshot comes first.
        after(monkeypatch, Transaction, "_lock", repoint)
        assert_refused(changing, change)

    assert len(read_export(changing.bucket).rows) == ROWS
