"""How a value is written so that equal values have equal texts: numbers, dates and booleans by their type."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import Enum

from psycopg import sql

from postgres_to_s3.columns import EXACT_NUMBERS, Column

NUMBER = r"^\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?\s*$"
TIME = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?\s*(Z|UTC|[-+][0-9]{2}(:?[0-9]{2})?)?)?$"
)
# How a Go program prints numbers that it got as bytes ([49 57 46 53 48] is 19.50), and instants with their zone twice.
BYTE_LIST = r"^\[[0-9]{1,3}( [0-9]{1,3})*\]$"
SECOND_ZONE = r"( [-+][0-9]{4}) ([A-Z]{3,4}|[-+][0-9]{4})$"
TRUE = ("t", "true", "1", "yes")
FALSE = ("f", "false", "0", "no")


class Kind(Enum):
    """What decides that two texts are the same value."""

    TEXT = "text"
    NUMBER = "number"
    TIME = "time"
    ZONED_TIME = "time with zone"
    BOOLEAN = "boolean"


_KINDS = {
    "date": Kind.TIME,
    "timestamp": Kind.TIME,
    "timestamp without time zone": Kind.TIME,
    "timestamptz": Kind.ZONED_TIME,
    "timestamp with time zone": Kind.ZONED_TIME,
    "boolean": Kind.BOOLEAN,
    "bool": Kind.BOOLEAN,
    **dict.fromkeys((*EXACT_NUMBERS, "int2", "int4", "int8"), Kind.NUMBER),
}


def kinds_of(
    columns: Sequence[str], types: Sequence[Mapping[str, str]], numbers: Collection[str] = ()
) -> dict[str, Kind]:
    """The kind of each column: that of the type which a manifest or a table gives; a column nobody knows is text.

    :param types: types by column, of each source that knows them
    :param numbers: further columns that hold numbers
    """
    known = {name: kind for each in reversed(types) for name, kind in _by_type(each).items()}
    return {name: Kind.NUMBER if name in numbers else known.get(name, Kind.TEXT) for name in columns}


def _by_type(types: Mapping[str, str]) -> dict[str, Kind]:
    return {name: _KINDS.get(_base(name, text), Kind.TEXT) for name, text in types.items()}


def _base(name: str, text: str) -> str:
    # The precision stands in the middle of "timestamp(3) with time zone".
    return Column(name, text).base_type + text.rpartition(")")[2] if "(" in text else text


def written_alike(column: sql.Composable, kind: Kind, *, decimal_comma: bool, empty_is_null: bool) -> sql.Composable:
    """The text of a column in which equal values are equal; other values stay unchanged.

    No number loses a digit: ``19.50`` and ``19.5`` become ``19.5``, by PostgreSQL's numeric.
    """
    text = sql.SQL("nullif({}, '')").format(column) if empty_is_null else column
    if kind is Kind.NUMBER:
        number = sql.SQL("translate({}, ',', '.')").format(text) if decimal_comma else _spelled(text)
        return _guarded(number, NUMBER, "trim_scale({}::numeric)::text")
    if kind is Kind.TIME:
        return _guarded(_one_zone(text), TIME, "({}::timestamp)::text")
    if kind is Kind.ZONED_TIME:
        return _guarded(_one_zone(text), TIME, "({}::timestamptz)::text")
    if kind is Kind.BOOLEAN:
        return sql.SQL(
            "case when lower({0}) = any({1}) then 'true' when lower({0}) = any({2}) then 'false' else {0} end"
        ).format(text, sql.Literal(list(TRUE)), sql.Literal(list(FALSE)))
    return text


def _spelled(text: sql.Composable) -> sql.Composable:
    """The text that a list of bytes spells; any other text as it is."""
    return sql.SQL(
        "case when {0} ~ {1} then (select string_agg(chr(byte::integer), '' order by place)"
        " from unnest(string_to_array(btrim({0}, '[]'), ' ')) with ordinality as bytes (byte, place)) else {0} end"
    ).format(text, sql.Literal(BYTE_LIST))


def _one_zone(text: sql.Composable) -> sql.Composable:
    return sql.SQL("regexp_replace({}, {}, '\\1')").format(text, sql.Literal(SECOND_ZONE))


def _guarded(text: sql.Composable, pattern: str, cast: str) -> sql.Composable:
    return sql.SQL("case when {0} ~ {1} then {2} else {0} end").format(
        text, sql.Literal(pattern), sql.SQL(cast).format(text)
    )
