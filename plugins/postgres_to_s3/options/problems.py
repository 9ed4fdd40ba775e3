"""Problems of options: the rule that a value breaks, and what was found instead."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import ValidationError


class RefusedValueError(ValueError):
    """A value breaks its rule; the text of the error is the rule, so that pydantic's own errors show no value either.

    :param rule: what is expected; never holds anything of the value, which may be a secret in the wrong place
    :param found: what was found instead, as it may be shown to whoever wrote the value; empty if the rule says it all
    """

    def __init__(self, rule: str, found: str) -> None:
        super().__init__(rule)
        self.found = found


class Problem(NamedTuple):
    """An option whose value breaks its rule; ``rule`` and ``found`` are those of ``RefusedValueError``."""

    name: str
    rule: str
    found: str = ""

    def __str__(self) -> str:
        """The sentence for whoever wrote the value."""
        return f"'{self.name}' {self.rule}" + (f", found {self.found}" if self.found else "")


def problems_of(error: ValidationError) -> list[Problem]:
    """Return everything that a model refused, in the words of its rules: pydantic's own would show the values."""
    causes = [(str(each["loc"][-1]), each.get("ctx", {}).get("error", each["msg"])) for each in error.errors()]
    return [Problem(name, str(cause), getattr(cause, "found", "")) for name, cause in causes]
