"""Kinds of values: the rule each follows, and how it is read from text or from a Python value."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import CoreSchema, core_schema

from postgres_to_s3.options.problems import RefusedValueError

TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")


@dataclass(frozen=True)
class Kind:
    """What a field of a model takes: ``port: Annotated[int, integer(1, 65535)]``.

    :param words: the same for the documentation, in Markdown
    :param read: the value of what is given; raises ``RefusedValueError``
    """

    words: str
    read: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: object, handler: object) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)


def integer(lowest: int, highest: int = sys.maxsize) -> Kind:
    """A whole number within limits; True and 2.0 are none."""
    words = f"a whole number {f'of at least {lowest}' if highest == sys.maxsize else f'from {lowest} to {highest}'}"

    def read(given: object) -> int:
        is_number = not isinstance(given, bool) and re.fullmatch("[0-9]{1,18}", str(given))
        if not (is_number and lowest <= int(str(given)) <= highest):
            raise RefusedValueError(f"must be {words}", repr(given))
        return int(str(given))

    return Kind(words, read)


def choice(choices: Iterable[str]) -> Kind:
    """One of a few words, in upper or lower case."""
    known = {word.lower(): word for word in choices}

    def read(given: object) -> str:
        if (word := str(given).lower()) not in known:
            raise RefusedValueError(f"must be one of {', '.join(known.values())}", repr(given))
        return known[word]

    return Kind(", ".join(f"`{word}`" for word in known.values()), read)


def names_of(thing: str) -> Kind:
    """Different names of one kind of thing, as a list or as text with commas between them."""

    def read(given: object) -> tuple[str, ...]:
        found = _listed(given)
        if given and not found:
            raise RefusedValueError(f"must name at least one {thing}", repr(given))
        if not all(isinstance(name, str) and name for name in found):
            raise RefusedValueError("must be a list of names", repr(given))
        if len(set(found)) < len(found):
            raise RefusedValueError(f"must not name a {thing} twice", ", ".join(found))
        return found

    return Kind(f"names of {thing}s", read)


def _listed(given: object) -> tuple[Any, ...]:
    if isinstance(given, str):
        return tuple(name.strip() for name in given.split(",") if name.strip())
    return tuple(given) if isinstance(given, Iterable) and not isinstance(given, Mapping) else (None,)


def _read_boolean(given: object) -> bool:
    word = str(given).lower()
    if word not in (*TRUE, *FALSE):
        raise RefusedValueError("must be true or false", repr(given))
    return word in TRUE


def read_text(given: object) -> str:
    """Return a text as it is."""
    if not isinstance(given, str):
        raise RefusedValueError("must be a text", repr(given))
    return given


def read_mark(given: object) -> str:
    r"""Return a mark of a CSV file, in which ``\t`` stands for a tab."""
    return read_text(given).replace("\\t", "\t")


def read_pairs(given: object) -> Mapping[str, str]:
    """Return texts by name, given as a mapping or as text such as ``team=finance,cost=42``."""
    if isinstance(given, str):
        items = [item.partition("=") for item in given.split(",")] if given else []
        pairs = {name.strip(): value.strip() for name, mark, value in items if mark}
        if len(pairs) < len(items):
            raise RefusedValueError("must be different name=value pairs", repr(given))
        return pairs
    if isinstance(given, Mapping) and all(isinstance(item, str) for pair in given.items() for item in pair):
        return dict(given)
    raise RefusedValueError("must be texts by name", repr(given))


BOOLEAN = Kind("true or false", _read_boolean)
TEXT = Kind("text", read_text)
PAIRS = Kind("texts by name", read_pairs)
