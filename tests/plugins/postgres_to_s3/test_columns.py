"""Columns know which of them have a sum, and are told apart when they share a name."""

from __future__ import annotations

import pytest

from postgres_to_s3.columns import Column, distinct_names, summed_columns


@pytest.mark.parametrize(
    ("type_name", "is_number", "digits"),
    [
        ("numeric(20,2)", True, (18, 2)),
        ("numeric(20,0)", True, (20, 0)),
        ("numeric(3,-2)", True, (5, 0)),
        ("numeric(3,5)", True, (0, 5)),
        ("numeric", True, None),
        ("smallint", True, (5, 0)),
        ("integer", True, (10, 0)),
        ("bigint", True, (19, 0)),
        ("double precision", True, None),
        ("real", True, None),
        ("integer[]", False, None),
        ("text", False, None),
        ("interval", False, None),
    ],
)
def test_numbers_have_a_sum_and_types_limit_their_digits(
    type_name: str, is_number: bool, digits: tuple[int, int] | None
) -> None:
    column = Column("a", type_name)

    assert (column.is_number, column.digits) == (is_number, digits)


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
