"""What a failed check says: its figures, one a line so that a narrow screen shows them, then what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

# Between two figures of a text column (include/sql/README.md).
SEPARATOR = "; "


def describe_refusal(row: Mapping[str, object]) -> str:
    """The text of the error of a check; empty where all values of its row are true."""
    untrue = [name for name, value in row.items() if not value]
    if not untrue:
        return ""
    names = ", ".join(map(repr, untrue))
    verdicts = [f"{name}: found {row[name]}, expected True" for name in untrue]
    return "\n".join([*_figures(row), *verdicts, f"expected only true values, but {names} is not true"])


def _figures(row: Mapping[str, object]) -> Iterator[str]:
    for name, value in row.items():
        if value and value is not True:
            for figure in str(value).split(SEPARATOR):
                yield f"{name}: {figure}"
