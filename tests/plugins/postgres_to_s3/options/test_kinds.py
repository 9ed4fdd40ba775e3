"""Kinds of values take text and Python values alike, and refuse everything else with their rule."""

from __future__ import annotations

import pytest

from postgres_to_s3.options.kinds import BOOLEAN, PAIRS, TEXT, Kind, choice, integer, names_of, read_mark
from postgres_to_s3.options.problems import RefusedValueError

MARK = Kind("one character", read_mark)
WORD = choice(("AES256", "aws:kms"))


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (integer(1), 5, 5),
        (integer(1), "005", 5),
        (integer(1, 5), "5", 5),
        *((BOOLEAN, word, True) for word in (True, "true", "TRUE", "yes", "on", "1", 1)),
        *((BOOLEAN, word, False) for word in (False, "False", "no", "off", "0", 0)),
        (TEXT, "", ""),
        (TEXT, "\\t", "\\t"),
        (MARK, "\\t", "\t"),
        (WORD, "aes256", "AES256"),
        (WORD, "AWS:KMS", "aws:kms"),
        (names_of("column"), "a, b,", ("a", "b")),
        (names_of("column"), ["b", "a"], ("b", "a")),
        (names_of("column"), "", ()),
        (names_of("column"), [], ()),
        (PAIRS, "team=billing, cost=a=b", {"team": "billing", "cost": "a=b"}),
        (PAIRS, {"team": ""}, {"team": ""}),
        (PAIRS, "", {}),
    ],
)
def test_a_value_is_read(kind: Kind, given: object, value: object) -> None:
    assert kind.read(given) == value
    assert type(kind.read(given)) is type(value)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (integer(1), 0, "must be a whole number of at least 1, found 0"),
        (integer(1, 5), "6", "must be a whole number from 1 to 5, found '6'"),
        (integer(0), "-1", "must be a whole number of at least 0, found '-1'"),
        (integer(0), True, "must be a whole number of at least 0, found True"),
        (integer(0), 2.0, "must be a whole number of at least 0, found 2.0"),
        (integer(0), "٣", "must be a whole number of at least 0, found '٣'"),
        (BOOLEAN, "maybe", "must be true or false, found 'maybe'"),
        (BOOLEAN, None, "must be true or false, found None"),
        (BOOLEAN, 2, "must be true or false, found 2"),
        (TEXT, 5, "must be a text, found 5"),
        (WORD, "rot13", "must be one of AES256, aws:kms, found 'rot13'"),
        (names_of("column"), "a,b,a", "must not name a column twice, found a, b, a"),
        (names_of("column"), " , ", "must name at least one column, found ' , '"),
        (names_of("column"), ["a", 1], "must be a list of names, found ['a', 1]"),
        (names_of("column"), ["a", ""], "must be a list of names, found ['a', '']"),
        (names_of("column"), 5, "must be a list of names, found 5"),
        (names_of("column"), {"a": 1}, "must be a list of names, found {'a': 1}"),
        (PAIRS, "team", "must be different name=value pairs, found 'team'"),
        (PAIRS, "a=1,a=2", "must be different name=value pairs, found 'a=1,a=2'"),
        (PAIRS, {"a": 1}, "must be texts by name, found {'a': 1}"),
    ],
)
def test_anything_else_is_refused_with_the_rule(kind: Kind, given: object, message: str) -> None:
    with pytest.raises(RefusedValueError) as raised:
        kind.read(given)

    assert f"{raised.value}, found {raised.value.found}" == message


@pytest.mark.parametrize("digits", [19, 5000])
def test_a_number_of_absurd_length_is_refused(digits: int) -> None:
    with pytest.raises(RefusedValueError, match="must be a whole number"):
        integer(1).read("9" * digits)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (integer(1000), "hunter2"),
        (integer(1000), "42"),
        (BOOLEAN, "hunter2"),
        (WORD, "hunter2"),
        (names_of("column"), "hunter2,hunter2"),
        (PAIRS, "hunter2"),
    ],
    ids=["number", "limit", "boolean", "choice", "names", "pairs"],
)
def test_a_rule_never_repeats_the_value(kind: Kind, given: str) -> None:
    # Settings show the rule only: the value may be a password in the wrong variable.
    with pytest.raises(RefusedValueError) as raised:
        kind.read(given)

    assert given.partition(",")[0] not in str(raised.value)
    assert given.partition(",")[0] in raised.value.found
