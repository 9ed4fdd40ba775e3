"""Checks of the role's rights in the warehouse: to read what the scripts read, to make what they make.

Names of tables come from the text of the scripts, which may be misread or lead to a statement that never runs. So a
failure takes an answer of the server: a right is denied on an object that exists. Names that it does not know are
warnings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from billing_aggregator.health.findings import Finding, failed, ok, warning
from billing_aggregator.health.target import OWN_SCHEMAS
from postgres_to_s3.postgres.session import Session

SHOWN = 5

SOURCES = """
select
    named.schema, named.name, spaces.oid is not null,
    coalesce(has_schema_privilege(spaces.oid, 'usage'), false), relations.oid is not null,
    coalesce(has_table_privilege(relations.oid, 'select') or has_any_column_privilege(relations.oid, 'select'), false)
from unnest(%s::text[], %s::text[]) as named (schema, name)
left join pg_catalog.pg_namespace as spaces on spaces.nspname = named.schema
left join pg_catalog.pg_class as relations on relations.relnamespace = spaces.oid and relations.relname = named.name
order by named.schema collate "C", named.name collate "C"
"""
TARGETS = """
select
    named.schema, spaces.oid is not null, coalesce(has_schema_privilege(spaces.oid, 'usage'), false),
    coalesce(has_schema_privilege(spaces.oid, 'create'), false),
    has_database_privilege(current_database(), 'create'),
    count(relations.oid) filter (where not pg_has_role(relations.relowner, 'usage')),
    min(relations.relname) filter (where not pg_has_role(relations.relowner, 'usage')), current_user::text
from unnest(%s::text[]) as named (schema)
left join pg_catalog.pg_namespace as spaces on spaces.nspname = named.schema
left join pg_catalog.pg_class as relations
    on relations.relnamespace = spaces.oid and relations.relkind in ('r', 'p', 'v', 'm', 'S')
group by named.schema, spaces.oid
order by named.schema collate "C"
"""


def check_sources(session: Session, tables: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """A finding per schema that scripts read."""
    (role,) = session.fetch_row("select current_user::text")
    with session.cursor() as cursor:
        cursor.execute(SOURCES, ([schema for schema, _ in tables], [name for _, name in tables]))
        rows = cursor.fetchall()
    for schema, group in groupby(rows, key=lambda row: str(row[0])):
        yield _source(schema, list(group), role)


def check_targets(session: Session, schemas: Sequence[str]) -> Iterator[Finding]:
    """A finding per schema in which scripts make tables."""
    with session.cursor() as cursor:
        cursor.execute(TARGETS, (list(schemas),))
        rows = cursor.fetchall()
    for row in rows:
        yield _target(*row)


def _source(schema: str, tables: Sequence[Sequence[object]], role: str) -> Finding:
    check = f"read {schema}"
    _, _, exists, is_usable, _, _ = tables[0]
    if not exists:
        return warning(check, "the schema does not exist", "load the source, or leave its system out: BDA_SYSTEMS")
    if not is_usable:
        return failed(check, "usage is denied", f'grant usage on schema "{schema}" to "{role}"')
    missing = [str(name) for _, name, _, _, is_there, _ in tables if not is_there]
    denied = [str(name) for _, name, _, _, is_there, may_read in tables if is_there and not may_read]
    if denied:
        remedy = f'grant select on all tables in schema "{schema}" to "{role}"'
        return failed(check, f"select is denied on {_shown(denied)}", remedy)
    if missing:
        remedy = "load the source, or correct the scripts that name it"
        return warning(check, f"does not hold {_shown(missing)}", remedy)
    return ok(check, f"select on {len(tables)} {'table' if len(tables) == 1 else 'tables'}")


def _target(
    schema: str,
    exists: bool,
    may_use: bool,
    may_create: bool,
    may_create_schemas: bool,
    others: int,
    example: str | None,
    role: str,
) -> Finding:
    check = f"write {schema}"
    # Every run creates tables in its own schemas; a script may do with less in another one.
    finding = failed if schema in OWN_SCHEMAS else warning
    if not exists and may_create_schemas:
        return ok(check, "does not exist yet; the role may create it")
    if not exists:
        return finding(check, "does not exist", f'create schema "{schema}" authorization "{role}"')
    if not (may_use and may_create):
        remedy = f'alter schema "{schema}" owner to "{role}"'
        return finding(check, f"{'create' if may_use else 'usage'} is denied", remedy)
    if others:
        remedy = f'alter table "{schema}"."{example}" owner to "{role}", so that scripts can replace it'
        return warning(check, f"{others} of its tables belong to another role, such as {example!r}", remedy)
    return ok(check, "create and usage")


def _shown(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
