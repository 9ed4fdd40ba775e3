"""Reads environment variables by a table of options, and collects every problem instead of the first only."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from billing_aggregator.errors import SettingsError
from billing_aggregator.settings.kinds import Secret
from postgres_to_s3.options.kinds import RefusedValueError
from postgres_to_s3.options.option_table import Option


class EnvironmentReader:
    """One pass over `environ`: reads variables and notes what is wrong with them.

    Blanks around a value do not count, except in a password; an empty variable counts as unset. A problem never shows
    the value: it may be a secret that was put into the wrong variable.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[tuple[str, str]] = []

    def is_set(self, name: str) -> bool:
        """Whether the variable holds anything but blanks."""
        return bool(self._environ.get(name, "").strip())

    def read(self, options: Mapping[str, Option]) -> dict[str, Any]:
        """The values of the variables that are set and right, by variable."""
        values: dict[str, Any] = {}
        for name, row in options.items():
            given = self._environ.get(name, "")
            if not (isinstance(row.kind, Secret) and row.kind.keeps_blanks):
                given = given.strip()
            if not given:
                if row.is_required:
                    self.refuse(name, f"is required but not set, for example {name}={row.example}")
                continue
            try:
                values[name] = row.kind.read(given)
            except RefusedValueError as error:
                self.refuse(name, f"{error.rule}, found {_described(given)}")
        return values

    def refuse(self, name: str, problem: str) -> None:
        """Note what is wrong with a variable."""
        self._problems.append((name, problem))

    def refuse_unknown(self, known: Collection[str], also_known: Collection[str] = ()) -> None:
        """Note every `BDA_*` variable that nothing reads, with the name that was probably meant.

        :param also_known: variables that are read elsewhere, which nobody probably means
        """
        unread = [name for name in self._environ if name.startswith("BDA_") and name not in {*known, *also_known}]
        for name in sorted(unread):
            nearest = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0)
            self.refuse(name, f"is not a known variable; did you mean {nearest[0]}?")

    def raise_problems(self, order: Collection[str]) -> None:
        """Raise one error that lists all problems, variables in this order, others last.

        :raises SettingsError: there is a problem
        """
        places = {name: place for place, name in enumerate(order)}
        self._problems.sort(key=lambda problem: places.get(problem[0], len(places)))
        if self._problems:
            raise SettingsError([f"{name} {problem}" for name, problem in self._problems])


def _described(value: str) -> str:
    kind = "digit" if value.isdecimal() else "character"
    return f"{len(value)} {kind}{'' if len(value) == 1 else 's'}"


def refuse_line_ends_of_windows(environ: Mapping[str, str]) -> None:
    """Refuse values that a startup script with CR LF has set: they would be wrong in places that nobody looks at.

    :raises SettingsError: names the variables
    """
    names = sorted(name for name, value in environ.items() if name.startswith("BDA_") and value.endswith("\r"))
    if names:
        listed = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
        raise SettingsError(
            [
                f"{listed} end in a carriage return: the startup script has the line ends of Windows (CR LF);"
                " write it with those of Unix (LF), upload it and update the environment"
            ]
        )
