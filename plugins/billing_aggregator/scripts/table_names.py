"""Which tables scripts read and which schemas they write, by their text alone: enough to ask for the rights on them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from billing_aggregator.scripts.text import without_literals_and_comments

_NAME = r'"?(\w+)"?\."?(\w+)"?'
_READ = re.compile(rf"(?<!distinct )\b(?:from|join)\s+(?:only\s+)?{_NAME}(?!\w|\s*\()", re.IGNORECASE)
_WRITTEN = re.compile(
    r"\b(?:create\s+(?:or\s+replace\s+)?(?:unlogged\s+|materialized\s+)?(?:table|view|function|procedure|sequence)"
    rf"(?:\s+if\s+not\s+exists)?|insert\s+into)\s+{_NAME}",
    re.IGNORECASE,
)
# What stands before a dot may be a name that the script gives to a table or query.
_ALIASES = (
    re.compile(r'\bas\s+"?(\w+)', re.IGNORECASE),
    re.compile(r"\b(\w+)\s+as\s+(?:(?:not\s+)?materialized\s*)?\(", re.IGNORECASE),
    re.compile(r"\b(?:from|join)\s+(?:\w+\.)?\w+\s+(\w+)", re.IGNORECASE),
)


def find_tables_read(scripts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Schema and name of each table after `from` or `join`, sorted; names that a script gives itself are none."""
    found: set[tuple[str, str]] = set()
    for text in map(without_literals_and_comments, scripts):
        aliases = {name.lower() for pattern in _ALIASES for name in pattern.findall(text)}
        names = {(schema.lower(), table.lower()) for schema, table in _READ.findall(text)}
        found |= {(schema, table) for schema, table in names if schema not in aliases}
    return tuple(sorted(name for name in found if name[0] not in ("pg_catalog", "information_schema")))


def find_schemas_written(scripts: Iterable[str]) -> tuple[str, ...]:
    """The schemas in which scripts create something or into which they insert, sorted."""
    texts = map(without_literals_and_comments, scripts)
    return tuple(sorted({schema.lower() for text in texts for schema, _ in _WRITTEN.findall(text)}))
