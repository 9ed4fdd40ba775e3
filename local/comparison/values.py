"""Writes equal values as equal texts: numbers, times and booleans by the type of their column."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial

import pyarrow as pa
from pyarrow import compute

from postgres_to_s3.columns import EXACT_NUMBERS

DECIMAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[-+]?[0-9]{1,3})?", re.IGNORECASE)
SPECIAL = re.compile(r"\+?(-?)(nan|inf)(?:inity)?", re.IGNORECASE)
# A Go program prints numbers that it got as bytes like this: [49 57 46 53 48] is 19.50.
BYTE_LIST = re.compile(r"\[[0-9]{1,3}( [0-9]{1,3})*\]")
# It prints the zone of an instant twice: +0000 +0000, +0000 UTC, +0100 CET.
TIME = re.compile(
    r"(?P<moment>[0-9]{4}-[0-9]{2}-[0-9]{2}(?P<clock>[ T][0-9]{2}:[0-9]{2}(?P<second>:[0-9]{2})?)?)"
    r"(?(second)(?:\.(?P<fraction>[0-9]+))?)"
    r"(?(clock)(?: ?(?P<zone>Z|UTC|[-+][0-9]{2}(?::?[0-5][0-9])?)"
    r"(?: (?:(?P=zone)|(?<=0000 )UTC|(?!UTC)[A-Z]{3,4}))?)?)"
)
COMMA_AND_POINT = str.maketrans(",.", ".,")
BOOLEANS = {
    **dict.fromkeys(("t", "true", "1", "yes"), "true"),
    **dict.fromkeys(("f", "false", "0", "no"), "false"),
}


@dataclass(frozen=True)
class Form:
    """The one way to write a value of a type.

    :param parse: returns the text in this form, or None for a text that is no value of the type
    :param done: matches texts of this form, which spares them ``parse``: most texts have it already
    """

    parse: Callable[[str], str | None]
    done: str

    def of(self, values: pa.Array) -> pa.Array:
        """Return the values in this form; a text that is no value of the type stays unchanged."""
        others = compute.invert(compute.match_substring_regex(values, f"^(?:{self.done})$"))
        coded = values.filter(others).dictionary_encode()
        texts = pa.array([self.parse(text) or text for text in coded.dictionary.to_pylist()], pa.string())
        return compute.replace_with_mask(values, compute.fill_null(others, False), texts.take(coded.indices))


def forms(
    columns: Sequence[str], types: Sequence[Mapping[str, str]], numbers: Collection[str]
) -> dict[str, Form | None]:
    """Return the form of each column; None is for text, and for columns without a known type.

    :param types: types by column, of each source that knows them; the first one wins
    :param numbers: further columns that hold numbers
    """
    known = {name: text for each in reversed(types) for name, text in each.items()}
    # The precision stands in the middle of "timestamp(3) with time zone".
    bases = {name: re.sub(r"\(.*?\)", "", known.get(name, "")) for name in columns}
    return {name: NUMBER if name in numbers else _FORMS.get(base) for name, base in bases.items()}


def _number(text: str) -> str | None:
    """An exact decimal number without exponent and needless zeros; no digit is lost."""
    plain = _spelled(text.strip())
    if special := SPECIAL.fullmatch(plain):
        return f"{special[1]}Infinity" if special[2].lower() == "inf" else "NaN"
    if not DECIMAL.fullmatch(plain):
        return None
    whole, _, fraction = f"{Decimal(plain):f}".partition(".")
    fraction = fraction.rstrip("0")
    return f"{whole}.{fraction}" if fraction else whole if whole != "-0" else "0"


def _number_with_comma(text: str) -> str | None:
    """The same of a number with a decimal comma; a number with a point must not be taken for one."""
    swapped = text.translate(COMMA_AND_POINT)
    return _number(swapped) or (swapped if _number(text) else None)


def _spelled(text: str) -> str:
    try:
        return bytes(map(int, text[1:-1].split())).decode("ascii") if BYTE_LIST.fullmatch(text) else text
    except ValueError:
        return text


def _time(text: str, *, has_zone: bool) -> str | None:
    """A time with all digits of its second: an instant if it has a zone, else its zone can only be UTC."""
    match = TIME.fullmatch(text)
    if not match:
        return None
    try:
        moment = datetime.fromisoformat(match["moment"] + (match["zone"] or "").replace("UTC", "Z"))
        utc = moment.astimezone(UTC) if has_zone else moment
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None if has_zone else moment.utcoffset():
        return None
    fraction = (match["fraction"] or "").rstrip("0")
    return utc.replace(tzinfo=None).isoformat(" ") + f".{fraction}" * bool(fraction) + "+00" * has_zone


NUMBER = Form(_number, r"0|-?[1-9][0-9]*|-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9]")
NUMBER_WITH_COMMA = Form(_number_with_comma, r"0|-?[1-9][0-9]*")
_MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]*[1-9])?"
_TIME = Form(partial(_time, has_zone=False), _MOMENT)
_INSTANT = Form(partial(_time, has_zone=True), rf"{_MOMENT}\+00")
_BOOLEAN = Form(lambda text: BOOLEANS.get(text.lower()), "true|false")
_FORMS = {
    **dict.fromkeys((*EXACT_NUMBERS, "int2", "int4", "int8"), NUMBER),
    **dict.fromkeys(("real", "double precision", "float4", "float8"), NUMBER),
    **dict.fromkeys(("date", "timestamp", "timestamp without time zone"), _TIME),
    **dict.fromkeys(("timestamptz", "timestamp with time zone"), _INSTANT),
    **dict.fromkeys(("boolean", "bool"), _BOOLEAN),
}
