"""The end of an error about an unknown name: what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def suggest(name: str, known: Collection[str]) -> str:
    """The nearest known name, or all there are; begins with a semicolon."""
    nearest = difflib.get_close_matches(name, sorted(known), n=1)
    if nearest:
        return f"; did you mean '{nearest[0]}'?"
    return f"; there are: {', '.join(sorted(known)) or 'none'}"
