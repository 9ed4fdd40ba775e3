"""Reads `BDA_*` environment variables, and says what is wrong with them without showing a value."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping

from pydantic_core import ErrorDetails

from billing_aggregator.errors import SettingsError
from billing_aggregator.settings.exports import EXPORT_VARIABLES
from billing_aggregator.settings.variables import DEVELOPMENT_VARIABLES, VARIABLES
from postgres_to_s3.options.problems import RefusedValueError

KEEPS_BLANKS = "BDA_DB_PASSWORD"


def variables_of(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that are set: an empty one does not count, nor do blanks around a value."""
    given = {name: value if name == KEEPS_BLANKS else value.strip() for name, value in environ.items()}
    return {name: value for name, value in given.items() if value and name in VARIABLES}


def unknown_variables(environ: Iterable[str], known: Collection[str]) -> Iterator[tuple[str, str]]:
    """Return the known variable that was probably meant by each that nothing reads, and a sentence about both."""
    for name in sorted(environ):
        if name.startswith("BDA_") and name not in {*known, *VARIABLES, *DEVELOPMENT_VARIABLES}:
            nearest = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0)[0]
            yield nearest, f"{name} is not a known variable; did you mean {nearest}?"


def wrong_value(error: ErrorDetails) -> str:
    """Say which variable is wrong, and why: it may hold a secret that belongs into another, so only its length shows.

    :param error: what the model of the settings says
    """
    field = str(error["loc"][-1])
    name = next((variable for variable, option in EXPORT_VARIABLES.items() if option == field), field)
    if error["type"] == "missing":
        return f"{name} is required but not set, for example {name}={(VARIABLES[name].examples or [''])[0]}"
    cause = error["ctx"]["error"]
    is_of_one_value = isinstance(cause, RefusedValueError) and error["input"]
    return f"{name} {cause}" + (f", found {_described(error['input'])}" if is_of_one_value else "")


def in_order(problems: Iterable[str]) -> list[str]:
    """Sort sentences that begin with a variable as the table has the variables, others last."""
    order = [*VARIABLES]
    return sorted(problems, key=lambda each: order.index(name) if (name := each.split()[0]) in order else len(order))


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
