"""The comment at the top of a script tells people its purpose, and which rules it implements."""

from __future__ import annotations

import pytest

from billing_aggregator.scripts.sql.header import Header, Rule, read_header


def test_the_purpose_is_what_stands_before_the_rules() -> None:
    text = "-- Dates each charge,\n-- one row per charge. docs/domain.md 3.1, 3.2.\nselect 1;\n-- not this\n"

    assert read_header(text) == Header("Dates each charge, one row per charge.", (Rule("3.1"), Rule("3.2")))


def test_a_comment_between_stars_is_a_header_too() -> None:
    assert read_header("\n/*\n * Fills the accounts.\n * docs/domain.md 2.3.\n */\nselect 1;\n") == Header(
        "Fills the accounts.", (Rule("2.3"),)
    )


@pytest.mark.parametrize(
    ("reference", "rules"),
    [
        ("docs/domain.md 3.10 (family D), 6.2 K9, K14.", (Rule("3.10", "family D"), Rule("6.2", "K9, K14"))),
        ('docs/domain.md 2.1, "History", "Limits".', (Rule("2.1"), Rule("History"), Rule("Limits"))),
        ('docs/domain.md, "History".', (Rule("History"),)),
        ('docs/domain.md 4.1, column "view".', (Rule("4.1"),)),
        ("docs/domain.md 2.3; rights are described in docs/domain.md 5.2.", (Rule("2.3"), Rule("5.2"))),
        ("docs/domain.md 2.1. waits for 3.5 seconds", (Rule("2.1"),)),
        ("docs/domain.md 3.1", (Rule("3.1"),)),
    ],
)
def test_rules_are_sections_with_what_of_them_is_meant(reference: str, rules: tuple[Rule, ...]) -> None:
    assert read_header(f"-- Builds. {reference}\nselect 1;\n").rules == rules


@pytest.mark.parametrize("text", ["select 1; -- no header\n", "", "select '/* no */';\n"])
def test_a_script_without_a_header_says_nothing(text: str) -> None:
    assert read_header(text) == Header()
