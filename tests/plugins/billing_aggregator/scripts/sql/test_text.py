"""A script without a statement is told from one that does something."""

from __future__ import annotations

import pytest

from billing_aggregator.scripts.sql.text import has_statement


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1", True),
        ("-- comment\nselect 1", True),
        ("/* comment */ do $$ begin end $$", True),
        ("select '--'", True),
        ("'/*' '*/'", True),
        ("", False),
        ("-- select 1", False),
        ("/* select 1; /* off */ since /* May */ */;;\n-- x", False),
    ],
)
def test_a_statement_is_what_is_left_without_comments(text: str, expected: bool) -> None:
    assert has_statement(text) is expected
