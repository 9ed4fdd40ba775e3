"""What the UI says about the tasks of scripts: purpose, what must hold, tables, rules, file, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_aggregator.scripts.tree import Script, ScriptTree, System
from billing_aggregator.tasks.documentation.script_docs import (
    Documentation,
    display_name,
    link_documents,
    plain,
    tooltip,
)

BUILD = """\
-- Dates the items, one row each. Safe to re-run. docs/domain.md 3.1 (decision table), 9.9.
drop table if exists work.items;
create table work.items as select * from source.charges;
"""
CHECK = "-- Checks the sums. docs/domain.md 3.1.\nselect sum(x) = 0 as sums_agree, 'x' as details from work.items;\n"
REPOSITORY = "https://git.example/billing/blob/v1.0.0/"


def script(text: str = BUILD, stage: str = "init", name: str = "300_date_open_items") -> Script:
    return Script(stage, "shop", name, f"{stage}/shop/{name}.sql", text)


def documentation(source_url: str | None = None, root: str = "/x/include/sql") -> Documentation:
    tree = ScriptTree(Path(root), "enercity", (), rules={"3.1": "3.1 Due date"})
    return Documentation.of(tree, source_url)


def test_a_script_says_its_purpose_first() -> None:
    assert documentation().script(script()).startswith("Dates the items, one row each. Safe to re-run.\n\n")


def test_a_script_lists_its_tables_rules_and_file() -> None:
    text = documentation().script(script())

    assert "#### Reads\n\n- source.charges\n\n#### Writes\n\n- work.items\n" in text
    assert "#### Rules in docs/domain.md\n\n- 3.1 Due date: decision table\n- 9.9\n" in text
    assert "#### SQL\n\n- init/shop/300_date_open_items.sql\n" in text
    assert "Rendered Templates" in text


def test_files_and_rules_are_links_where_it_is_known_where_people_read_them() -> None:
    text = documentation(REPOSITORY).script(script())

    assert f"- [3.1 Due date]({REPOSITORY}docs/domain.md#31-due-date): decision table" in text
    assert f"- [init/shop/300_date_open_items.sql]({REPOSITORY}include/sql/init/shop/300_date_open_items.sql)" in text


def test_a_script_of_a_tree_of_its_own_is_not_linked_to_this_repository() -> None:
    assert "- init/shop/300_date_open_items.sql\n" in documentation(REPOSITORY, root="/opt/scripts").script(script())


def test_a_check_says_what_must_hold_and_what_to_do() -> None:
    text = documentation().script(script(CHECK, "postchecks"))

    assert "#### What must hold\n\n- sums agree\n\n" in text
    assert "#### If it fails\n\nThe results stay in the warehouse for a look." in text


@pytest.mark.parametrize("stage", ["prechecks", "init", "postchecks", "archive", "history", "cleanup"])
def test_each_stage_says_what_to_do_after_a_failure(stage: str) -> None:
    text = documentation().script(script("select 1;\n", stage))

    assert "#### If it fails\n\n" in text
    assert "clear" in text.partition("#### If it fails")[2]


def test_a_script_without_a_header_leaves_out_what_is_not_known() -> None:
    text = documentation().script(script("select 1;\n"))

    assert text.startswith("#### If it fails\n")
    assert "Rules" not in text
    assert "Reads" not in text


@pytest.mark.parametrize(
    ("stage", "name", "shown"),
    [
        ("init", "300_date_open_items", "300 Date open items (shop)"),
        ("postchecks", "010_check_lines", "010 Check lines (shop postchecks)"),
        ("archive", "oibl", "Oibl (shop archive)"),
        ("init", "010", "010 (shop)"),
        ("init", "build_all", "Build all (shop)"),
    ],
)
def test_a_display_name_reads_well_and_tells_system_and_stage(stage: str, name: str, shown: str) -> None:
    assert display_name(script(stage=stage, name=name)) == shown


def test_a_system_says_what_it_is_and_who_reads_it() -> None:
    system = System("shop", ("a", "b"), ("old_shop",), "report_oibl.shop", {}, description="What is sold", readers="BI")

    assert tooltip(system) == "What is sold; after a and b"
    assert documentation().system(system) == (
        "What is sold\n\n- **Comes after** the results of a and b\n- **Instead of** old_shop; a run selects one of"
        " them\n- **Exports** report_oibl.shop\n- **Read by** BI\n"
    )


def test_a_system_of_which_nothing_is_known_says_nothing() -> None:
    assert tooltip(System("shop", (), (), None, {})) == ""
    assert documentation().system(System("shop", (), (), None, {})).strip() == ""


@pytest.mark.parametrize(
    ("name", "shown"), [("a.b_c", "a.b_c"), ("a._b_", r"a.\_b\_"), ("a.__b__c", r"a.\_\_b\_\_c"), ("a_1", "a_1")]
)
def test_underscores_of_names_are_no_emphasis(name: str, shown: str) -> None:
    assert plain(name) == shown


def test_documents_are_linked_where_it_is_known_where_they_are() -> None:
    text = "The runbook docs/operations.md says more."

    assert link_documents(text, None) == text
    assert link_documents(text, REPOSITORY) == (
        f"The runbook [docs/operations.md]({REPOSITORY}docs/operations.md) says more."
    )
