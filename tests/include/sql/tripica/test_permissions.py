"""Who may read what: docs/domain.md 5.2."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse

READERS = ("anna", 'o"neill', "service_metabase_full", "xservice")
EXCLUDED = ("octopus", "rdsadmin", "service_x", "customerservices1", "service_metabase")


@pytest.fixture
def roles(warehouse: Warehouse) -> Iterator[None]:
    """Login roles of all sorts, and a group."""
    names = (*READERS, *EXCLUDED)
    for name in names:
        warehouse.execute(f'create role "{name.replace(chr(34), chr(34) * 2)}" login')
    warehouse.execute("create role colleagues")
    yield
    for name in (*names, "colleagues"):
        quoted = f'"{name.replace(chr(34), chr(34) * 2)}"'
        warehouse.execute(f"drop owned by {quoted}; drop role {quoted}")


def may_read(warehouse: Warehouse, relation: str) -> set[str]:
    """The roles of this test that may read a table or view, and use its schema."""
    quoted = ", ".join("'" + name.replace("'", "''") + "'" for name in (*READERS, *EXCLUDED, "colleagues"))
    found = warehouse.rows(
        f"select rolname::text from pg_roles where rolname in ({quoted})"
        f" and has_table_privilege(oid, 'report_oibl.{relation}', 'select')"
        " and has_schema_privilege(oid, 'report_oibl', 'usage')"
    )
    return {name for (name,) in found}


@pytest.mark.usefixtures("roles")
def test_login_roles_read_everything_except_services(warehouse: Warehouse) -> None:
    build(warehouse)
    for relation in ("tripica_results", "bookkeeper_results", "tripica_limits", "tripica_open_items_history"):
        assert may_read(warehouse, relation) == set(READERS)


@pytest.mark.usefixtures("roles")
def test_service_metabase_reads_the_customer_view_only(warehouse: Warehouse) -> None:
    build(warehouse)
    assert may_read(warehouse, "oibl_customer") == {*READERS, "service_metabase"}


@pytest.mark.usefixtures("roles")
def test_readers_may_read_tables_that_are_created_later(warehouse: Warehouse) -> None:
    build(warehouse)
    warehouse.execute("set role billing_aggregator; create table report_oibl.later (a int)")
    assert may_read(warehouse, "later") == set(READERS)


@pytest.mark.usefixtures("roles")
def test_readers_get_nothing_but_select(warehouse: Warehouse) -> None:
    build(warehouse)
    found = warehouse.rows(
        "select distinct privilege_type from pg_class, aclexplode(relacl)"
        " where relnamespace = 'report_oibl'::regnamespace and grantee = 'anna'::regrole"
    )
    assert found == [("SELECT",)]


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize(
    "change",
    ["alter role anna nologin", "alter role anna rename to service_anna"],
)
def test_role_that_no_longer_qualifies_loses_its_privileges(warehouse: Warehouse, change: str) -> None:
    build(warehouse)
    ((anna,),) = warehouse.rows("select oid from pg_roles where rolname = 'anna'")
    warehouse.execute(change)
    try:
        build(warehouse)
        left = warehouse.rows(
            "select 'relation' from pg_class, aclexplode(relacl)"
            f" where relnamespace = 'report_oibl'::regnamespace and grantee = {anna}"
            f" union all select 'schema' from pg_namespace, aclexplode(nspacl) where grantee = {anna}"
            f" union all select 'default' from pg_default_acl, aclexplode(defaclacl) where grantee = {anna}"
        )
        assert left == []
    finally:
        warehouse.execute(
            "do $$ begin if to_regrole('service_anna') is not null"
            " then alter role service_anna rename to anna; end if; end $$"
        )


@pytest.mark.usefixtures("roles")
def test_excluded_roles_lose_what_they_were_granted_by_hand(warehouse: Warehouse) -> None:
    build(warehouse)
    warehouse.execute(
        "grant usage on schema report_oibl to octopus, service_metabase;"
        " grant select on report_oibl.tripica_results to octopus, service_metabase"
    )
    build(warehouse)
    assert may_read(warehouse, "tripica_results") == set(READERS)
    assert may_read(warehouse, "oibl_customer") == {*READERS, "service_metabase"}


@pytest.mark.usefixtures("roles")
def test_group_gets_nothing_and_keeps_what_it_was_granted_by_hand(warehouse: Warehouse) -> None:
    build(warehouse)
    assert "colleagues" not in may_read(warehouse, "oibl_customer")
    warehouse.execute(
        "grant usage on schema report_oibl to colleagues; grant select on report_oibl.oibl_customer to colleagues"
    )
    build(warehouse)
    assert "colleagues" in may_read(warehouse, "oibl_customer")


@pytest.mark.usefixtures("roles")
def test_nobody_else_reads_intermediate_tables(warehouse: Warehouse) -> None:
    build(warehouse)
    found = warehouse.rows(
        "select relname::text from pg_class, aclexplode(relacl) as granted"
        " where relnamespace = 'report_oibl_work'::regnamespace and granted.grantee <> relowner"
    )
    assert found == []


def test_pipeline_role_is_no_superuser_and_creates_no_schemas(warehouse: Warehouse) -> None:
    ((superuser, may_create),) = warehouse.rows(
        "select rolsuper, has_database_privilege(oid, current_database(), 'create')"
        " from pg_roles where rolname = 'billing_aggregator'"
    )
    assert (superuser, may_create) == (False, False)
