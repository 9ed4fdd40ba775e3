"""Reads the titles of the business rules that scripts refer to, and finds them in the document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

RULES_FILE = "rules.txt"


def read_rules(root: Path) -> Mapping[str, str]:
    """The titles by section: ``3.1 Due date`` by ``3.1``, ``History`` by itself; empty where the tree has no such file.

    Written for people: a file that is not readable costs the titles, not the run.
    """
    try:
        lines = (root / RULES_FILE).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    titles = [line for line in lines if line and not line.startswith("#")]
    return {title.partition(" ")[0] if title[0].isdigit() else title: title for title in titles}


def find_title(rules: Mapping[str, str], section: str) -> str:
    """The title of a section, or of the chapter it is in; its number where neither has one."""
    return rules.get(section) or rules.get(section.partition(".")[0]) or section


def anchor(title: str) -> str:
    """The anchor of a heading in a document, as GitHub and GitLab make it."""
    return re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
