"""The columns of an exported query: their names, their types, and which of them have a sum."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# With their digits.
INTEGERS = {"smallint": 5, "integer": 10, "bigint": 19}
EXACT_NUMBERS = (*INTEGERS, "numeric")
# The types whose values are added up, in the warehouse and in the files.
NUMBERS = (*EXACT_NUMBERS, "real", "double precision")
# Types whose text may hold a decimal point.
FRACTIONS = frozenset(NUMBERS) - {*INTEGERS}
# Types whose text never needs quotes around it; `numeric(20,2)` counts as `numeric`.
PLAIN = (
    *(*NUMBERS, "oid", "boolean", "date", "timestamp without time zone", "timestamp with time zone"),
    *("time without time zone", "time with time zone"),
)


@dataclass(frozen=True)
class Column:
    """A column of the exported query: its name and PostgreSQL type, such as ``numeric(20,2)``."""

    name: str
    type: str

    @classmethod
    def of(cls, name: str, base_type: str, limits: tuple[int | None, int | None]) -> Column:
        """The column of a result as the drivers describe it, its limits as ``numeric`` has them: precision and scale.

        psycopg 2 gives 65535 digits for a ``numeric`` without limits, and the 11 bits of a negative scale as if it were
        positive.
        """
        precision, scale = limits
        if base_type != "numeric" or precision in (None, 65535) or scale is None:
            return cls(name, base_type)
        return cls(name, f"numeric({precision},{scale - 2048 if scale > 1023 else scale})")

    @property
    def base_type(self) -> str:
        """The type without its precision: ``numeric``."""
        return self.type.partition("(")[0]

    @property
    def is_number(self) -> bool:
        """Whether the column has a sum."""
        return self.base_type in NUMBERS

    @property
    def digits(self) -> tuple[int, int] | None:
        """The most digits that a value can have before and after the decimal point; None if its type sets no limit."""
        if self.base_type in INTEGERS:
            return INTEGERS[self.base_type], 0
        limits = re.fullmatch(r"numeric\((\d+),(-?\d+)\)", self.type)
        if not limits:
            return None
        precision, scale = map(int, limits.groups())
        return max(precision - scale, 0), max(scale, 0)


def distinct_names(columns: Sequence[Column]) -> list[str]:
    """The columns' names; one of several of the same name is called by its place, too: ``amount (3)``."""
    names = [column.name for column in columns]
    counts = Counter(names)
    return [name if counts[name] == 1 else f"{name} ({place})" for place, name in enumerate(names, start=1)]


def summed_columns(columns: Sequence[Column]) -> dict[str, int]:
    """The places of the columns of numbers, by their distinct names."""
    names = distinct_names(columns)
    return {names[place]: place for place, column in enumerate(columns) if column.is_number}
