"""What the documentation of a task says of tables and checks is what PostgreSQL does: told by locks and columns."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812

from billing_aggregator.scripts.sql.outline import TEXT_COLUMNS, Tables, find_check_columns, find_tables
from billing_aggregator.scripts.stages import FOLDERS
from billing_aggregator.scripts.tree import Script
from billing_aggregator.templates.rendering import Plain, render_script
from local.servers.stack import Stack
from tests.include.sql.run_scripts import BUSINESS_DATE, read_system, script_session
from tests.support.warehouse import Warehouse, temporary_warehouse

# A view locks the tables behind it, too, which the script does not name.
LOCKED = """
with locked as (
    select
        relations.oid,
        format('%s.%s', schemas.nspname, relations.relname) as name,
        bool_or(locks.mode not in ('AccessShareLock', 'ShareUpdateExclusiveLock')) as is_written
    from pg_locks as locks
    inner join pg_class as relations on locks.relation = relations.oid
    inner join pg_namespace as schemas on relations.relnamespace = schemas.oid
    where locks.pid = pg_backend_pid() and relations.relkind in ('r', 'p', 'v', 'm')
        and schemas.nspname not in ('pg_catalog', 'information_schema') and schemas.nspname !~ '^pg_t'
    group by relations.oid, name
)
select name, is_written from locked
where is_written or not exists (
    select from pg_rewrite as rules inner join pg_depend as dependencies on rules.oid = dependencies.objid
    where dependencies.refobjid = locked.oid and rules.ev_class in (select oid from locked)
        and rules.ev_class <> locked.oid
)
"""


@pytest.fixture(scope="module")
def warehouse(stack: Stack, sample_template: str) -> Iterator[Warehouse]:
    """A sample warehouse in which the systems are built in their order."""
    with temporary_warehouse(stack, "named_tables", sample_template) as temporary:
        yield temporary


@pytest.mark.parametrize("system", ["bookkeeper", "tripica", "customer"])
def test_tables_and_check_columns_are_those_of_postgresql(warehouse: Warehouse, system: str) -> None:
    differing = {}
    for script in (script for stage in FOLDERS for script in read_system(system).stage(stage)):
        with closing(script_session(warehouse)) as connection:
            locked, existing, columns = run(connection, script)
        named = find_tables(script.text)
        held = find_check_columns(script.text) if "checks" in script.stage else ()
        found = differences(named, locked, existing) + sorted({*columns} ^ {*held})
        if found:
            differing[script.path] = found

    assert differing == {}


def run(connection: Connection, script: Script) -> tuple[dict[str, bool], set[str], list[str]]:
    """Run a script: what it has locked, and whether for writing; all tables there are; the columns of a check."""
    connection.autocommit = False
    values: dict[str, Plain] = {"client_id": "enercity", "environment": "test", "business_date": BUSINESS_DATE}
    with connection, connection.cursor() as cursor:
        cursor.execute(render_script(script.text, values))
        is_check = "checks" in script.stage and cursor.description
        columns = [column.name for column in cursor.description if column.name not in TEXT_COLUMNS] if is_check else []
        cursor.execute(LOCKED)
        locked = dict(cursor.fetchall())
        cursor.execute("select format('%s.%s', schemaname, tablename) from pg_tables")
        existing = {name for (name,) in cursor.fetchall()}
    return locked, existing, columns


def differences(named: Tables, locked: dict[str, bool], existing: set[str]) -> list[str]:
    """What is locked and not named, and what is named, exists and is not locked."""
    writing = {name for name, is_written in locked.items() if is_written}
    reading = {*locked} - writing
    return [
        *(f"writes {name}" for name in writing if not is_named(name, named.written)),
        *(f"reads {name}" for name in reading if not is_named(name, (*named.read, *named.written))),
        *(f"does not write {name}" for name in named.written if name in existing and name not in writing),
        *(f"does not read {name}" for name in named.read if name in existing and name not in locked),
    ]


def is_named(name: str, names: tuple[str, ...]) -> bool:
    """Whether the name is one of them, or begins as one whose end is not written down."""
    return any(name == each or (each.endswith("…") and name.startswith(each[:-1])) for each in names)
