"""Lines of a Markdown table."""

from __future__ import annotations

from collections.abc import Iterable


def row(cells: Iterable[str]) -> str:
    """A line of the table."""
    return f"| {' | '.join(cells)} |"


def rule(header: str) -> str:
    """The line below a header."""
    return "|" + "---|" * (header.count("|") - 1)
