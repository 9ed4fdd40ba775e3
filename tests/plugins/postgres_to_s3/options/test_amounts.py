"""Amounts are read as a DAG file or YAML gives them; other values are refused, and the error says what was expected."""

from __future__ import annotations

import pytest

from postgres_to_s3.options.amounts import Amount, read_amounts
from postgres_to_s3.options.problems import RefusedValueError


def test_an_amount_is_a_column_or_some_of_its_rows() -> None:
    given = {"debit": "soll", "open": {"column": "brutto", "where": {"side": "40", "x": ""}, "decimal_comma": True}}

    assert read_amounts(given) == {
        "debit": Amount("soll"),
        "open": Amount("brutto", {"side": "40", "x": ""}, decimal_comma=True),
    }


def test_a_missing_value_is_a_condition() -> None:
    assert read_amounts({"a": {"column": "b", "where": {"c": None}}})["a"].where == {"c": None}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("debit=soll", "must be columns by name", id="a-text"),
        pytest.param({"debit": ""}, "put numbers in quotes, found '' in debit.column", id="no-column"),
        pytest.param({7: "soll"}, "found 7", id="a-name-that-is-a-number"),
        pytest.param({"debit": ["soll"]}, "'decimal_comma', found ['soll']", id="a-list"),
        pytest.param({"debit": {"where": {}}}, "found {'where': {}} in debit.column", id="without-a-column"),
        pytest.param({"debit": {"column": "a", "were": {}}}, "found {} in debit.were", id="an-unknown-key"),
        pytest.param({"debit": {"column": "a", "where": "b"}}, "found 'b' in debit.where", id="where-is-a-text"),
        pytest.param(
            {"debit": {"column": "a", "where": {"b": 40}}},
            "put numbers in quotes, found 40 in debit.where.b",
            id="a-number",
        ),
        pytest.param(
            {"debit": {"column": "a", "decimal_comma": "yes"}}, "found 'yes' in debit.decimal_comma", id="yes"
        ),
    ],
)
def test_what_is_no_amount_is_refused(given: object, expected: str) -> None:
    with pytest.raises(RefusedValueError) as raised:
        read_amounts(given)

    assert expected in f"{raised.value}, found {raised.value.found}"
