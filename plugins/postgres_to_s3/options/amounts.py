"""Amounts of an export: sums that people know by a name, each of a column over all rows or some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from postgres_to_s3.options.kinds import RefusedValueError

RULE = "must be columns by name, or by name a mapping of 'column', 'where' and 'decimal_comma'"


@dataclass(frozen=True)
class Amount:
    """The exact sum of a column.

    :param column: its values are numbers, or texts that are
    :param where: only rows in which these columns have these texts; None stands for NULL
    :param decimal_comma: the texts are written like ``1234,50``
    """

    column: str
    where: Mapping[str, str | None] = field(default_factory=dict)
    decimal_comma: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read."""
        return self.column, *self.where


@dataclass(frozen=True)
class Amounts:
    """Amounts by name, as mappings of plain values such as YAML holds."""

    words: str = "columns by name"

    def read(self, given: object) -> Mapping[str, Amount]:
        """The amounts by name, in the order given."""
        if not isinstance(given, Mapping):
            raise RefusedValueError(RULE, repr(given))
        return {_text(name): _amount(content) for name, content in given.items()}


def _amount(given: object) -> Amount:
    if isinstance(given, str):
        return Amount(_text(given))
    if not isinstance(given, Mapping) or "column" not in given or {*given} - {"column", "where", "decimal_comma"}:
        raise RefusedValueError(RULE, repr(given))
    where, decimal_comma = given.get("where", {}), given.get("decimal_comma", False)
    if not isinstance(where, Mapping) or not isinstance(decimal_comma, bool):
        raise RefusedValueError(f"{RULE}: 'where' texts by column, 'decimal_comma' true or false", repr(given))
    conditions = {
        _text(column): None if text is None else _text(text, may_be_empty=True) for column, text in where.items()
    }
    return Amount(_text(given["column"]), conditions, decimal_comma)


def _text(given: object, *, may_be_empty: bool = False) -> str:
    if not isinstance(given, str) or not (given or may_be_empty):
        raise RefusedValueError(f"{RULE}, in which names and values are texts: put numbers in quotes", repr(given))
    return given
