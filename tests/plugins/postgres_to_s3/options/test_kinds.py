"""Kinds of values take text and Python values alike, and refuse everything else with their rule."""

from __future__ import annotations

import pytest

from postgres_to_s3.options.kinds import Boolean, Choice, Integer, Kind, Names, Pairs, RefusedValueError, Text

WORD = Choice(("AES256", "aws:kms"))


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (Integer(1), 5, 5),
        (Integer(1), "005", 5),
        (Integer(1, 5), "5", 5),
        *((Boolean(), word, True) for word in (True, "true", "TRUE", "yes", "on", "1", 1)),
        *((Boolean(), word, False) for word in (False, "False", "no", "off", "0", 0)),
        (Text(), "", ""),
        (Text(), "\\t", "\\t"),
        (Text(is_mark=True), "\\t", "\t"),
        (WORD, "aes256", "AES256"),
        (WORD, "AWS:KMS", "aws:kms"),
        (Names("column"), "a, b,", ("a", "b")),
        (Names("column"), ["b", "a"], ("b", "a")),
        (Names("column"), "", ()),
        (Names("column"), [], ()),
        (Pairs(), "team=billing, cost=a=b", {"team": "billing", "cost": "a=b"}),
        (Pairs(), {"team": ""}, {"team": ""}),
        (Pairs(), "", {}),
    ],
)
def test_a_value_is_read(kind: Kind[object], given: object, value: object) -> None:
    assert kind.read(given) == value
    assert type(kind.read(given)) is type(value)


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        (Integer(1), 0, "must be a whole number of at least 1, found 0"),
        (Integer(1, 5), "6", "must be a whole number from 1 to 5, found '6'"),
        (Integer(0), "-1", "must be a whole number of at least 0, found '-1'"),
        (Integer(0), True, "must be a whole number of at least 0, found True"),
        (Integer(0), 2.0, "must be a whole number of at least 0, found 2.0"),
        (Integer(0), "٣", "must be a whole number of at least 0, found '٣'"),
        (Boolean(), "maybe", "must be true or false, found 'maybe'"),
        (Boolean(), None, "must be true or false, found None"),
        (Boolean(), 2, "must be true or false, found 2"),
        (Text(), 5, "must be a text, found 5"),
        (WORD, "rot13", "must be one of AES256, aws:kms, found 'rot13'"),
        (Names("column"), "a,b,a", "must not name a column twice, found a, b, a"),
        (Names("column"), " , ", "must name at least one column, found ' , '"),
        (Names("column"), ["a", 1], "must be a list of names, found ['a', 1]"),
        (Names("column"), ["a", ""], "must be a list of names, found ['a', '']"),
        (Names("column"), 5, "must be a list of names, found 5"),
        (Names("column"), {"a": 1}, "must be a list of names, found {'a': 1}"),
        (Pairs(), "team", "must be different name=value pairs, found 'team'"),
        (Pairs(), "a=1,a=2", "must be different name=value pairs, found 'a=1,a=2'"),
        (Pairs(), {"a": 1}, "must be texts by name, found {'a': 1}"),
    ],
)
def test_anything_else_is_refused_with_the_rule(kind: Kind[object], given: object, message: str) -> None:
    with pytest.raises(RefusedValueError) as raised:
        kind.read(given)

    assert str(raised.value) == message


@pytest.mark.parametrize("digits", [19, 5000])
def test_a_number_of_absurd_length_is_refused(digits: int) -> None:
    with pytest.raises(RefusedValueError, match="must be a whole number"):
        Integer(1).read("9" * digits)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (Integer(1000), "hunter2"),
        (Integer(1000), "42"),
        (Boolean(), "hunter2"),
        (WORD, "hunter2"),
        (Names("column"), "hunter2,hunter2"),
        (Pairs(), "hunter2"),
    ],
    ids=str,
)
def test_a_rule_never_repeats_the_value(kind: Kind[object], given: str) -> None:
    # Settings show the rule only: the value may be a password in the wrong variable.
    with pytest.raises(RefusedValueError) as raised:
        kind.read(given)

    assert given.partition(",")[0] not in raised.value.rule
    assert given.partition(",")[0] in raised.value.found
