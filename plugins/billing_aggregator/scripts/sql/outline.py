"""What a script's text shows without running it: the tables it names, and the columns of a check.

No parser of SQL: it finds names with a schema after the words that introduce tables. The documentation shows them, and
the health check asks PostgreSQL about them; no run depends on them. A name that a script puts together itself shows as
far as it is written down, such as ``report_oibl.bookkeeper_…``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from postgres_to_s3.postgres.lexemes import split_lexemes

# The columns of a check that are no rules: for the task's log, and for the report of the run.
REPORT_COLUMN = "report"
TEXT_COLUMNS = ("details", REPORT_COLUMN)

# Texts that are executed: those in dollars, and those that begin as a statement does. The fields of the latter, as in
# format('drop table x.y_%s', …), are the part of a name that is not known.
_EXECUTED = re.compile(
    r"(\$\w*\$|e?'(?=\s*(?:select|insert|update|delete|truncate|drop|alter|create|merge)\s))(.*)",
    re.IGNORECASE | re.DOTALL,
)
_FIELD = re.compile(r"%(?:\d+\$)?[sI]")
_SYSTEM_SCHEMAS = ("pg_catalog", "information_schema", "pg_temp")

_PART = r'(?:[^\W\d][\w$…]*+|"[^"]+")'
_NAME = rf"({_PART})\.({_PART})"
_ALIAS = rf"(?:\s+(?:as\s+)?{_PART})?"
_WRITTEN = re.compile(
    r"\b(?:create\s+(?:or\s+replace\s+)?(?:unlogged\s+)?(?:materialized\s+)?(?:table|view)\s+(?:if\s+not\s+exists\s+)?"
    r"|insert\s+into\s+|update\s+(?:only\s+)?|delete\s+from\s+(?:only\s+)?|merge\s+into\s+"
    r"|truncate\s+(?:table\s+)?(?:only\s+)?|alter\s+(?:materialized\s+)?(?:table|view)\s+(?:if\s+exists\s+)?)" + _NAME,
    re.IGNORECASE,
)
_MOVED = re.compile(rf"\balter\s+table\s+(?:if\s+exists\s+)?{_NAME}\s+set\s+schema\s+({_PART})", re.IGNORECASE)
_DROPPED = re.compile(
    rf"\bdrop\s+(?:materialized\s+)?(?:table|view)\s+(?:if\s+exists\s+)?{_NAME}(?:\s*,\s*{_NAME})*", re.IGNORECASE
)
# Not those of `delete from`, `is distinct from` and functions.
_READ = re.compile(
    rf"\b(?:(?<!delete\s)(?<!distinct\s)from|join|using)\s+(?:only\s+)?"
    rf"({_NAME}(?!\s*\(){_ALIAS}(?:\s*,\s*{_NAME}(?!\s*\(){_ALIAS})*)",
    re.IGNORECASE,
)
_NAMES = re.compile(_NAME)
_CLAUSE = re.compile(r"[()]|\bselect\b|\bfrom\b", re.IGNORECASE)
_PARENTHESIS = re.compile(r"([()])")
_OUTPUT = re.compile(r"\bas\s+(\w+)\s*(?:,|$)", re.IGNORECASE)


@dataclass(frozen=True)
class Tables:
    """The tables and views that a script names with their schema, each in the order of the alphabet.

    :param read: from these it reads
    :param written: these it creates, fills, changes or publishes
    :param dropped: these are gone afterwards
    """

    read: tuple[str, ...]
    written: tuple[str, ...]
    dropped: tuple[str, ...]


def find_tables(text: str) -> Tables:
    """The tables that a script reads, writes and drops."""
    code = _executed(text)
    moved = _MOVED.findall(code)
    source = {_shown(schema, table) for schema, table, _ in moved}
    names = [*_WRITTEN.findall(code), *((target, table) for _, table, target in moved)]
    written = {_shown(*name) for name in names if name[0].lower() not in _SYSTEM_SCHEMAS}
    dropped = {_shown(*name) for match in _DROPPED.finditer(code) for name in _NAMES.findall(match[0])}
    lists = [match[1] for match in _READ.finditer(code)]
    read = {name for names in lists for name in _NAMES.findall(names)}
    schemas = {schema for schema in {schema for schema, _ in read} if _is_schema(schema, code)}
    return Tables(
        read=tuple(sorted({_shown(*name) for name in read if name[0] in schemas} - written | source)),
        written=tuple(sorted(written - source)),
        dropped=tuple(sorted(dropped - written - source)),
    )


def find_check_columns(text: str) -> tuple[str, ...]:
    """The columns of a check that are named by ``as`` in its outermost query: what must hold."""
    code = _executed(text)
    depth, start, end = 0, 0, len(code)
    for match in _CLAUSE.finditer(code):
        word = match[0].lower()
        depth += {"(": 1, ")": -1}.get(word, 0)
        if word == "select" and depth == 0:
            start, end = match.end(), len(code)
        elif word == "from" and depth == 0 and end == len(code):
            end = match.start()
    return tuple(name for name in _OUTPUT.findall(_outermost(code[start:end])) if name not in TEXT_COLUMNS)


def _executed(sql: str, levels: int = 5) -> str:
    """Return SQL without comments and texts, but with those texts that are executed, and with those within them."""
    return "".join(_as_code(kind, sql[begin:end], levels) for kind, begin, end in split_lexemes(sql))


def _as_code(kind: str | None, lexeme: str, levels: int) -> str:
    if kind == "comment":
        return " "
    if kind != "text":
        return lexeme
    executed = _EXECUTED.match(lexeme)
    if not (executed and levels):
        return " '' "
    quote = executed[1].lstrip("eE")
    statements = executed[2].removesuffix(quote).replace(quote * 2, quote)
    return f" {_executed(_FIELD.sub('…', statements), levels - 1)} ;"


def _is_schema(name: str, code: str) -> bool:
    """Whether the first part of a name is a schema of data, not an alias, as in `extract(year from items.day)`.

    An alias stands somewhere without a dot behind it, where it is introduced.
    """
    alone = rf"{re.escape(name)}(?![\w$…\"]|\s*\.)(?<!\bschema\s{re.escape(name)})(?<![\w.]{re.escape(name)})"
    return name.lower() not in _SYSTEM_SCHEMAS and not re.search(alone, code)


def _shown(schema: str, table: str) -> str:
    return ".".join(part if part.startswith('"') else part.lower() for part in (schema, table))


def _outermost(code: str) -> str:
    """The text without what stands in parentheses."""
    outside, depth = [], 0
    for piece in _PARENTHESIS.split(code.strip(" \t\r\n;")):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if depth == 0 and piece != ")":
            outside.append(piece)
    return "".join(outside)
