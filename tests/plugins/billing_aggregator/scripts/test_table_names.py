"""The tables that scripts read, and the schemas that they write, follow from their text."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_aggregator.scripts.table_names import find_schemas_written, find_tables_read
from billing_aggregator.scripts.tree import read_script_tree
from tests.support.repository import REPO


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ("select 1 from vault.items join Vault.Lines on true", ["vault.items", "vault.lines"]),
        ('select * from only "vault"."items"', ["vault.items"]),
        ("do $$ begin perform 1 from vault.items; end $$", ["vault.items"]),
        ("select 'from vault.items' -- from vault.lines\n /* join vault.more */", []),
        ("select 1 from items as i where i.a is distinct from i.b", []),
        ("select extract(year from b.day) from vault.bookings b", ["vault.bookings"]),
        ("with x as (select 1) select trim(both from x.name) from x", []),
        ("select * from vault.items_of(1)", []),
        ("select * from pg_catalog.pg_class join information_schema.tables on true", []),
    ],
)
def test_a_table_that_is_read_stands_after_from_or_join(text: str, tables: list[str]) -> None:
    assert [".".join(table) for table in find_tables_read([text])] == tables


@pytest.mark.parametrize(
    "text",
    [
        "create unlogged table if not exists work.items ()",
        "create or replace view work.items as select 1",
        "insert into work.items select 1",
        "create function work.sign(x int) returns int language sql as $$ select x $$",
    ],
)
def test_a_schema_that_is_written_is_one_in_which_something_is_made(text: str) -> None:
    assert find_schemas_written([text, "drop table other.items"]) == ("work",)


def test_the_tree_of_this_project_reads_its_sources_and_writes_two_schemas() -> None:
    tree = read_script_tree(Path(REPO / "include/sql"), "enercity")
    texts = [each.text for system in tree.systems for scripts in system.scripts.values() for each in scripts]
    schema = (REPO / "local/sample/schema.sql").read_text("utf-8")

    written = find_schemas_written(texts)
    sources = [".".join(table) for table in find_tables_read(texts) if table[0] not in written]

    assert written == ("report_oibl", "report_oibl_work")
    assert len(sources) > 30
    assert [table for table in sources if f"create table {table} " not in schema] == []
