"""Amounts of an export: sums that people know by a name, each of a column over all rows or some of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, ConfigDict, StrictBool, StrictStr, StringConstraints, TypeAdapter, ValidationError

from postgres_to_s3.options.kinds import Kind
from postgres_to_s3.options.problems import RefusedValueError

RULE = "must be columns by name, or by name a mapping of 'column', 'where' and 'decimal_comma'"
DETAILS = "'where' texts by column, 'decimal_comma' true or false; names and values are texts: put numbers in quotes"
Name = Annotated[str, StringConstraints(strict=True, min_length=1)]


@dataclass(frozen=True)
class Amount:
    """The exact sum of a column.

    :param column: its values are numbers, or texts that are
    :param where: only rows in which these columns have these texts; None stands for NULL
    :param decimal_comma: the texts are written like ``1234,50``
    """

    column: Name
    where: Mapping[Name, StrictStr | None] = field(default_factory=dict)
    decimal_comma: StrictBool = False

    __pydantic_config__: ClassVar = ConfigDict(extra="forbid")

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that are read."""
        return self.column, *self.where


def _written_out(given: object) -> object:
    return {"column": given} if isinstance(given, str) else given


_AMOUNTS = TypeAdapter(dict[Name, Annotated[Amount, BeforeValidator(_written_out)]])


def read_amounts(given: object) -> Mapping[str, Amount]:
    """Return the amounts by name, in the order given, of plain values such as YAML holds.

    :raises RefusedValueError: shows the first value that is wrong, and where it stands
    """
    try:
        return _AMOUNTS.validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        place, found = ".".join(map(str, first["loc"])).removesuffix(".[key]"), repr(first["input"])
        if len(first["loc"]) < 2:
            raise RefusedValueError(RULE, found) from None
        raise RefusedValueError(f"{RULE}: {DETAILS}", f"{found} in {place}") from None


AMOUNTS = Kind("columns by name", read_amounts)
