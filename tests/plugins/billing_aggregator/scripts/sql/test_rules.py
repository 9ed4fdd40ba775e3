"""Titles of the business rules: read from the tree, found by section, and linked as GitHub does."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_aggregator.scripts.sql.rules import anchor, find_title, read_rules
from tests.support.repository import REPO


@pytest.fixture
def rules(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "rules.txt").write_text("# written by a program\n1 Sources\n3.1 Due date\nHistory of a day\n", "utf-8")
    return {**read_rules(tmp_path)}


@pytest.mark.parametrize(
    ("section", "title"),
    [("3.1", "3.1 Due date"), ("1.4", "1 Sources"), ("History of a day", "History of a day"), ("9.9", "9.9")],
)
def test_a_section_has_its_title_or_that_of_its_chapter(rules: dict[str, str], section: str, title: str) -> None:
    assert find_title(rules, section) == title


def test_a_tree_without_rules_has_no_titles(tmp_path: Path) -> None:
    assert read_rules(tmp_path) == {}


def test_a_file_that_is_no_text_costs_the_titles_only(tmp_path: Path) -> None:
    (tmp_path / "rules.txt").write_bytes(b"\xff\xfe3.1")

    assert read_rules(tmp_path) == {}


def test_each_title_of_this_tree_leads_to_its_section() -> None:
    document = (REPO / "docs" / "domain.md").read_text("utf-8")
    titles = read_rules(REPO / "include" / "sql").values()

    assert "3.1 Due date" in titles
    assert [title for title in titles if f"# {title}\n" not in document] == []
    assert anchor("3.9 Signs of aggregates, tax items, VAT links") == "39-signs-of-aggregates-tax-items-vat-links"
