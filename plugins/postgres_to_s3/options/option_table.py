"""Tables of options: frozen dataclasses whose fields declare the kind, default and meaning of each option."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from typing import Any, ClassVar, Protocol, TypeVar

from postgres_to_s3.options.kinds import Integer, Kind, RefusedValueError

T = TypeVar("T")
Default = TypeVar("Default")
_ROW = "option"


@dataclass(frozen=True)
class Option:
    """One row of a table.

    :param kind: what the option may be set to
    :param default: its value where nothing is given
    :param meaning: what it does, in Markdown
    :param unset: the default in words, where the value does not say it
    :param example: a value, for the error that asks for a required option
    :param per_export: it differs from one export to the next, so it cannot be a setting of a whole deployment
    :param is_required: there is no default
    """

    kind: Kind[object]
    default: object
    meaning: str
    unset: str = ""
    example: str = ""
    per_export: bool = False
    is_required: bool = False
    name: str = ""

    @property
    def default_words(self) -> str:
        """The default for the documentation, in Markdown."""
        if self.unset or self.is_required:
            return self.unset
        shown = str(self.default).lower() if isinstance(self.default, bool) else str(self.default)
        return f"`{shown}`"


@dataclass(frozen=True)
class Problem:
    """What is wrong with an option.

    :param rule: what is expected; holds nothing of the value, which may be a secret in the wrong place
    :param found: what was found instead; empty if the rule says it all
    """

    name: str
    rule: str
    found: str = ""

    def __str__(self) -> str:
        """The sentence for whoever wrote the value."""
        return f"'{self.name}' {self.rule}" + (f", found {self.found}" if self.found else "")


class OptionTable(Protocol):
    """A dataclass whose fields are made by ``option`` and ``required_option``."""

    __dataclass_fields__: ClassVar[dict[str, Field[object]]]


def option(kind: Kind[T], default: Default, meaning: str, *, unset: str = "", per_export: bool = False) -> T | Default:
    """A row of a table; the parameters are those of ``Option``."""
    row = Option(kind, default, meaning, unset, per_export=per_export)
    return field(default=default, metadata={_ROW: row})


def required_option(kind: Kind[T], meaning: str, *, example: str) -> T:
    """A row of a table without a default; the parameters are those of ``Option``."""
    found: T = field(metadata={_ROW: Option(kind, None, meaning, example=example, is_required=True)})
    return found


def options_of(table: type[OptionTable]) -> dict[str, Option]:
    """The rows of a table by name, in their order."""
    return {row.name: replace(row.metadata[_ROW], name=row.name) for row in fields(table) if _ROW in row.metadata}


def read_values(options: Mapping[str, Option], given: Mapping[str, object]) -> tuple[dict[str, Any], list[Problem]]:
    """What is given of the options; None stands for the default, except where a number is wanted.

    :return: the values by name, each of its option's kind, and what is wrong; an option that is wrong has no value
    """
    values: dict[str, Any] = {}
    problems = []
    for name, row in options.items():
        # A number that a template was to compute must not turn into the default because the template found nothing.
        if name not in given or (given[name] is None and not isinstance(row.kind, Integer)):
            continue
        try:
            values[name] = row.kind.read(given[name])
        except RefusedValueError as error:
            problems.append(Problem(name, error.rule, error.found))
    return values, problems
