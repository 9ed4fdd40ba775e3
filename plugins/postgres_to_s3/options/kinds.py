"""Kinds of values: the rule each follows, and how it is read from text or from a Python value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

T_co = TypeVar("T_co", covariant=True)

# One table of the words for true and false, for arguments in a DAG file as for environment variables.
TRUE = ("true", "yes", "on", "1")
FALSE = ("false", "no", "off", "0")


class RefusedValueError(ValueError):
    """A value breaks its rule.

    :param rule: what is expected; never holds anything of the value, which may be a secret in the wrong place
    :param found: what was found instead, as it may be shown to whoever wrote the value
    """

    def __init__(self, rule: str, found: str) -> None:
        super().__init__(f"{rule}, found {found}")
        self.rule = rule
        self.found = found


class Kind(Protocol[T_co]):
    """What an option may be set to."""

    @property
    def words(self) -> str:
        """The same for the documentation, in Markdown."""
        ...

    def read(self, given: object) -> T_co:
        """The value.

        :raises RefusedValueError: what is given is no such value
        """
        ...


@dataclass(frozen=True)
class Integer:
    """A whole number of at least ``lowest``, and at most ``highest`` if there is a limit."""

    lowest: int
    highest: int | None = None

    @property
    def words(self) -> str:
        """The limits."""
        return f"a whole number {self._limits}"

    def read(self, given: object) -> int:
        """The number; True and 2.0 are none."""
        if not isinstance(given, bool) and re.fullmatch("[0-9]{1,18}", str(given)):
            number = int(str(given))
            if self.lowest <= number and (self.highest is None or number <= self.highest):
                return number
        raise RefusedValueError(f"must be a whole number {self._limits}", repr(given))

    @property
    def _limits(self) -> str:
        return f"of at least {self.lowest}" if self.highest is None else f"from {self.lowest} to {self.highest}"


@dataclass(frozen=True)
class Boolean:
    """True or false, or one of the usual words for them."""

    words: str = "true or false"

    def read(self, given: object) -> bool:
        """The truth."""
        word = str(given).lower()
        if word not in (*TRUE, *FALSE):
            raise RefusedValueError("must be true or false", repr(given))
        return word in TRUE


@dataclass(frozen=True)
class Text:
    r"""Any text.

    :param words: what is expected, for the documentation
    :param is_mark: one of the marks of a CSV file, in which ``\t`` stands for a tab
    """

    words: str = "text"
    is_mark: bool = False

    def read(self, given: object) -> str:
        """The text."""
        if not isinstance(given, str):
            raise RefusedValueError("must be a text", repr(given))
        return given.replace("\\t", "\t") if self.is_mark else given


@dataclass(frozen=True)
class Choice:
    """One of a few words, in upper or lower case."""

    choices: Sequence[str]

    @property
    def words(self) -> str:
        """All of them."""
        return ", ".join(f"`{choice}`" for choice in self.choices)

    def read(self, given: object) -> str:
        """The word, as it is written here."""
        for choice in self.choices:
            if str(given).lower() == choice.lower():
                return choice
        raise RefusedValueError(f"must be one of {', '.join(self.choices)}", repr(given))


@dataclass(frozen=True)
class Names:
    """Different names of one kind of thing, as a list or as text with commas between them."""

    thing: str

    @property
    def words(self) -> str:
        """What is named."""
        return f"names of {self.thing}s"

    def read(self, given: object) -> tuple[str, ...]:
        """The names, in the order given."""
        if isinstance(given, str):
            names: tuple[object, ...] = tuple(name.strip() for name in given.split(",") if name.strip())
            if given and not names:
                raise RefusedValueError(f"must name at least one {self.thing}", repr(given))
        else:
            names = tuple(given) if isinstance(given, Iterable) and not isinstance(given, Mapping) else (None,)
        found = tuple(name for name in names if isinstance(name, str) and name)
        if len(found) < len(names):
            raise RefusedValueError("must be a list of names", repr(given))
        if len(set(found)) < len(found):
            raise RefusedValueError(f"must not name a {self.thing} twice", ", ".join(found))
        return found


@dataclass(frozen=True)
class Pairs:
    """Texts by name, as a mapping or as text such as ``team=finance,cost=42``."""

    words: str = "texts by name"

    def read(self, given: object) -> Mapping[str, str]:
        """The texts by name."""
        if isinstance(given, str):
            return _split_pairs(given)
        if isinstance(given, Mapping) and all(isinstance(item, str) for pair in given.items() for item in pair):
            return dict(given)
        raise RefusedValueError("must be texts by name", repr(given))


def _split_pairs(text: str) -> Mapping[str, str]:
    items = [item.partition("=") for item in text.split(",")] if text else []
    found = {name.strip(): value.strip() for name, mark, value in items if mark}
    if len(found) < len(items):
        raise RefusedValueError("must be different name=value pairs", repr(text))
    return found
