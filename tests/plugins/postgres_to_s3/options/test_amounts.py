"""Amounts are read as a DAG file or YAML gives them; other values are refused, and the error says what was expected."""

from __future__ import annotations

import pytest

from postgres_to_s3.options.amounts import Amount, Amounts
from postgres_to_s3.options.kinds import RefusedValueError


def test_an_amount_is_a_column_or_some_of_its_rows() -> None:
    given = {"debit": "soll", "open": {"column": "brutto", "where": {"side": "40", "x": ""}, "decimal_comma": True}}

    assert Amounts().read(given) == {
        "debit": Amount("soll"),
        "open": Amount("brutto", {"side": "40", "x": ""}, decimal_comma=True),
    }


def test_a_missing_value_is_a_condition() -> None:
    assert Amounts().read({"a": {"column": "b", "where": {"c": None}}})["a"].where == {"c": None}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("debit=soll", "must be columns by name", id="a-text"),
        pytest.param({"debit": ""}, "names and values are texts: put numbers in quotes, found ''", id="no-column"),
        pytest.param({7: "soll"}, "found 7", id="a-name-that-is-a-number"),
        pytest.param({"debit": ["soll"]}, "must be columns by name", id="a-list"),
        pytest.param({"debit": {"where": {}}}, "must be columns by name", id="without-a-column"),
        pytest.param({"debit": {"column": "a", "were": {}}}, "'were'", id="an-unknown-key"),
        pytest.param({"debit": {"column": "a", "where": "b"}}, "'where' texts by column", id="where-is-a-text"),
        pytest.param({"debit": {"column": "a", "where": {"b": 40}}}, "put numbers in quotes, found 40", id="a-number"),
        pytest.param({"debit": {"column": "a", "decimal_comma": "yes"}}, "'decimal_comma' true or false", id="yes"),
    ],
)
def test_what_is_no_amount_is_refused(given: object, expected: str) -> None:
    with pytest.raises(RefusedValueError) as raised:
        Amounts().read(given)

    assert expected in str(raised.value)
