"""Columns know which of them have an exact sum, and are told apart when they share a name."""

from __future__ import annotations

import pytest

from postgres_to_s3.columns import Column, distinct_names, summed_columns


@pytest.mark.parametrize(
    ("type_name", "is_exact"),
    [
        ("numeric(20,2)", True),
        ("numeric", True),
        ("smallint", True),
        ("integer", True),
        ("bigint", True),
        ("double precision", False),
        ("integer[]", False),
        ("text", False),
        ("interval", False),
    ],
)
def test_only_exact_numbers_have_an_exact_sum(type_name: str, is_exact: bool) -> None:
    assert Column("a", type_name).is_exact_number == is_exact


def test_columns_of_one_name_are_called_by_their_places_too() -> None:
    columns = [Column("amount", "numeric"), Column("tax", "numeric"), Column("amount", "text")]

    assert distinct_names(columns) == ["amount (1)", "tax", "amount (3)"]


def test_summed_columns_are_found_by_their_places() -> None:
    columns = [Column("name", "text"), Column("amount", "numeric"), Column("amount", "bigint")]

    assert summed_columns(columns) == {"amount (2)": 1, "amount (3)": 2}


@pytest.mark.timeout(20)
def test_a_hundred_thousand_columns_have_their_names_at_once() -> None:
    columns = [Column(f"c{place}", "numeric") for place in range(100_000)]

    assert summed_columns(columns)["c99999"] == 99_999
