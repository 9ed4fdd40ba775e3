"""The columns of an exported query: their names, their types, and which of them have an exact sum."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

EXACT_NUMBERS = ("smallint", "integer", "bigint", "numeric")


@dataclass(frozen=True)
class Column:
    """A column of the exported query: its name and PostgreSQL type, such as ``numeric(20,2)``."""

    name: str
    type: str

    @property
    def base_type(self) -> str:
        """The type without its precision: ``numeric``."""
        return self.type.partition("(")[0]

    @property
    def is_exact_number(self) -> bool:
        """Whether its values have a sum that is exact, whatever their order."""
        return self.base_type in EXACT_NUMBERS


def distinct_names(columns: Sequence[Column]) -> list[str]:
    """The columns' names; one of several of the same name is called by its place, too: ``amount (3)``."""
    names = [column.name for column in columns]
    counts = Counter(names)
    return [name if counts[name] == 1 else f"{name} ({place})" for place, name in enumerate(names, start=1)]


def summed_columns(columns: Sequence[Column]) -> dict[str, int]:
    """The places of the columns of exact numbers, by their distinct names."""
    names = distinct_names(columns)
    return {names[place]: place for place, column in enumerate(columns) if column.is_exact_number}
