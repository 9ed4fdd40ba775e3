"""Two exports are the same when they hold the same rows, each as often, whatever their order; else it is said where."""

from __future__ import annotations

import json

import pytest

from local.comparison.outcome import as_json, as_text
from local.errors import StackError
from tests.local.comparison.conftest import Compare, MakeSource

HEADER = "id,amount,note\n"
TYPES = {"id": "bigint", "amount": "numeric(20,2)", "note": "text"}


def test_order_and_division_into_files_make_no_difference(make_source: MakeSource, compare_rows: Compare) -> None:
    left = make_source(f"{HEADER}1,19.50,a\n2,3,b\n", f"{HEADER}3,,c\n")
    right = make_source(f"{HEADER}3,,c\n2,3,b\n1,19.50,a\n")

    found = compare_rows(left, right)

    assert found.is_same
    assert as_text(found) == "3 rows are the same in 3 columns; only left: 0, only right: 0.\nSAME"


def test_order_of_columns_makes_no_difference(make_source: MakeSource, compare_rows: Compare) -> None:
    assert compare_rows(make_source("a,b\n1,2\n"), make_source("b,a\n2,1\n")).is_same


def test_a_row_that_stands_there_twice_is_missed_when_it_stands_there_once(
    make_source: MakeSource, compare_rows: Compare
) -> None:
    found = compare_rows(make_source("a\n1\n1\n1\n2\n"), make_source("a\n1\n2\n"))

    assert (found.equal_rows, found.only_left, found.only_right) == (2, 2, 0)


def test_what_nobody_calls_a_number_is_text(make_source: MakeSource, compare_rows: Compare) -> None:
    left, right = make_source("account,amount\n007,1.50\n"), make_source("account,amount\n7,1.5\n")

    assert not compare_rows(left, right, numbers=["amount"]).is_same
    assert compare_rows(left, right, numbers=["account", "amount"]).is_same


def test_an_empty_text_is_not_null_unless_asked_for(make_source: MakeSource, compare_rows: Compare) -> None:
    left, right = make_source('a,b\n1,""\n'), make_source("a,b\n1,\n")

    assert not compare_rows(left, right).is_same
    assert compare_rows(left, right, empty_is_null=True).is_same


def test_differences_are_told_by_column_and_key(make_source: MakeSource, compare_rows: Compare) -> None:
    left = make_source(f"{HEADER}1,19.50,a\n2,3,b\n4,4,d\n", types=TYPES)
    right = make_source(f'{HEADER}1,19.05,a\n2,4,"b, or\nc"\n5,,e\n')

    found = compare_rows(left, right, key=["id"])

    assert as_text(found).splitlines() == [
        "0 rows are the same in 3 columns; only left: 3, only right: 3.",
        "2 rows have a partner of the same key. They differ in:",
        "  amount  2",
        "  note    1",
        "  id='1': amount left '19.5', right '19.05'",
        "  id='2': amount left '3', right '4'; note left 'b', right 'b, or\\nc'",
        "1 rows only left without a partner:",
        "  id='4', amount='4', note='d'",
        "1 rows only right without a partner:",
        "  id='5', note='e'",
        "DIFFERENT",
    ]


def test_rows_with_a_key_that_is_not_unique_are_told_without_a_partner(
    make_source: MakeSource, compare_rows: Compare
) -> None:
    found = compare_rows(make_source("id,a\n1,x\n1,y\n"), make_source("id,a\n1,z\n"), key=["id"])

    assert (found.pairs, found.unpaired_left, found.unpaired_right) == (0, 2, 1)


def test_a_key_may_be_null(make_source: MakeSource, compare_rows: Compare) -> None:
    found = compare_rows(make_source("id,a\n,x\n"), make_source("id,a\n,y\n"), key=["id"])

    assert found.by_column == {"a": 1}


def test_a_column_of_one_side_is_a_difference_unless_it_is_ignored(
    make_source: MakeSource, compare_rows: Compare
) -> None:
    left, right = make_source("a,old\n1,x\n"), make_source("a,new\n1,y\n")

    found = compare_rows(left, right)
    assert not found.is_same
    assert as_text(found).splitlines()[:2] == ["Columns only left: old.", "Columns only right: new."]


def test_ignored_columns_are_not_compared(make_source: MakeSource, compare_rows: Compare) -> None:
    assert compare_rows(make_source("a,old\n1,x\n"), make_source("a,new\n1,y\n"), ignored=["old", "new"]).is_same


def test_only_some_of_many_differing_rows_are_shown(make_source: MakeSource, compare_rows: Compare) -> None:
    many = "a\n" + "".join(f"{number}\n" for number in range(1000))

    found = compare_rows(make_source(many), make_source("a\n"), shown=2)

    assert as_text(found).splitlines()[1:4] == ["1,000 rows only left: (the first 2)", "  a='0'", "  a='1'"]


def test_programs_get_the_same_as_json(make_source: MakeSource, compare_rows: Compare) -> None:
    found = compare_rows(make_source("id,a\n1,x\n"), make_source("id,a\n1,y\n"), key=["id"])

    document = json.loads(as_json(found))
    assert document["same"] is False
    assert document["by_column"] == {"a": 1}
    assert document["shown_pairs"] == [{"key": {"id": "1"}, "values": {"a": ["x", "y"]}}]


@pytest.mark.parametrize(
    ("left", "right", "rules", "message"),
    [
        pytest.param("a\n1\n", "b\n1\n", {}, "expected columns of the same names, found none", id="nothing in common"),
        pytest.param(
            "a\n1\n", "a\n1\n", {"key": ["z"]}, r"the columns \['z'\] are not on both sides", id="unknown key"
        ),
        pytest.param("a,b\n1\n", "a,b\n1,2\n", {}, "Expected 2 columns, got 1", id="damaged"),
        pytest.param("", "a\n1\n", {}, r"_0000.csv' cannot be read: expected a line of column names", id="empty file"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    left: str,
    right: str,
    rules: dict[str, object],
    message: str,
    make_source: MakeSource,
    compare_rows: Compare,
) -> None:
    with pytest.raises(StackError, match=message):
        compare_rows(make_source(left), make_source(right), **rules)


def test_files_of_one_side_must_have_the_same_columns(make_source: MakeSource, compare_rows: Compare) -> None:
    with pytest.raises(StackError, match=r"_0001.csv' cannot be read: expected the columns \['a'\], found \['b'\]"):
        compare_rows(make_source("a\n1\n", "b\n1\n"), make_source("a\n1\n"))
