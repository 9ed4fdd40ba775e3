"""A table of options: its rows are the fields of a dataclass, and what is given is read by them."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from postgres_to_s3.options.kinds import Boolean, Choice, Integer, Text
from postgres_to_s3.options.option_table import Problem, option, options_of, read_values, required_option


@dataclass(frozen=True, kw_only=True)
class Printing:
    """How a page is printed."""

    title: str = required_option(Text(), "What stands above.", example="Invoice")
    copies: int = option(Integer(1), 1, "How many.")
    colour: str = option(Choice(("grey", "full")), "grey", "The ink.")
    is_double_sided: bool = option(Boolean(), True, "Both sides.")
    footer: str | None = option(Text(), None, "What stands below.", unset="the page's number", per_export=True)
    pages = 0


PRINTING = options_of(Printing)


def test_the_rows_are_the_fields_in_their_order() -> None:
    assert list(PRINTING) == ["title", "copies", "colour", "is_double_sided", "footer"]
    assert [name for name, row in PRINTING.items() if row.name != name] == []


def test_a_row_says_kind_default_and_meaning() -> None:
    colour = PRINTING["colour"]

    assert (colour.kind.read("FULL"), colour.default, colour.meaning) == ("full", "grey", "The ink.")
    assert (PRINTING["title"].is_required, PRINTING["title"].example, colour.is_required) == (True, "Invoice", False)
    assert [name for name, row in PRINTING.items() if row.per_export] == ["footer"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("title", ""),
        ("copies", "`1`"),
        ("colour", "`grey`"),
        ("is_double_sided", "`true`"),
        ("footer", "the page's number"),
    ],
)
def test_a_default_is_said_in_words(name: str, words: str) -> None:
    assert PRINTING[name].default_words == words


def test_what_is_given_is_read_and_the_rest_is_left_to_the_defaults() -> None:
    values, problems = read_values(PRINTING, {"title": "Invoice", "copies": "2", "colour": None, "paper": "A4"})

    assert (values, problems) == ({"title": "Invoice", "copies": 2}, [])
    assert Printing(**values) == Printing(title="Invoice", copies=2)


def test_every_problem_is_named() -> None:
    values, problems = read_values(PRINTING, {"copies": 0, "colour": "red", "is_double_sided": "no"})

    assert values == {"is_double_sided": False}
    assert [str(problem) for problem in problems] == [
        "'copies' must be a whole number of at least 1, found 0",
        "'colour' must be one of grey, full, found 'red'",
    ]


def test_a_number_that_is_missing_is_not_the_default() -> None:
    _, problems = read_values(PRINTING, {"copies": None})

    assert problems == [Problem("copies", "must be a whole number of at least 1", "None")]


def test_a_problem_may_be_all_rule() -> None:
    assert str(Problem("footer", "needs a title")) == "'footer' needs a title"
