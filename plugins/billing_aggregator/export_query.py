"""The query that an export runs: all of a table, or the one statement of a script."""

from __future__ import annotations

import importlib
import re
from typing import Any

from billing_aggregator.errors import PermanentError

# What a query is made of, as far as its end is concerned: a semicolon in a comment or in a text ends nothing.
LEXEME = re.compile(
    r"""(?P<comment>--[^\r\n]*|/\*.*?\*/)"""
    r"""|(?<!\w)[eE]'(?:[^'\\]|\\.)*'|'[^']*'|"[^"]*"|(?<![\w$])(?P<tag>\$(?:[^\W\d]\w*)?\$).*?(?P=tag)"""
    r"""|(?P<end>;)""",
    re.DOTALL,
)


def table_query(connection: Any, table: str) -> str:
    """``select *`` of a table given as ``name`` or ``schema.name``, quoted by the connection's driver."""
    driver = type(connection).__module__.partition(".")[0]
    identifier = importlib.import_module(f"{driver}.sql").Identifier(*table.split("."))
    return f"select * from {identifier.as_string(connection)}"


def single_query(sql: str) -> str:
    """The one statement in ``sql`` without its closing semicolon.

    :raises PermanentError: there is none, or more than one
    """
    ends = [match.start() for match in LEXEME.finditer(sql) if match["end"]]
    texts = [sql[start:end] for start, end in zip([0, *(end + 1 for end in ends)], [*ends, None], strict=True)]
    statements = [text.strip() for text in texts if LEXEME.sub(_without_comment, text).strip()]
    if len(statements) != 1:
        raise PermanentError(f"expected one query to export, found {len(statements)} statements")
    return statements[0]


def _without_comment(match: re.Match[str]) -> str:
    return " " if match["comment"] else match[0]
