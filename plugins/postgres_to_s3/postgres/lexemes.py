"""Splits SQL by the lexical rules of PostgreSQL, as far as the ends of statements and their words are concerned."""

from __future__ import annotations

import re
from collections.abc import Iterator

# A semicolon in a comment or in a text ends nothing. To PostgreSQL every character beyond ASCII is a letter, and a
# letter before a dollar begins no text.
LETTER = r"A-Za-z_\x80-\U0010ffff"
LEXEME = re.compile(
    r"(?P<blank>[ \t\n\r\f\v]+|--[^\r\n]*)|(?P<comment>/\*)|(?P<end>;)"
    r"|[eE]'(?:[^'\\]|\\.|'')*'|'[^']*'|\"[^\"]*\""
    rf"|(?P<tag>\$(?:[{LETTER}][{LETTER}0-9]*)?\$).*?(?P=tag)|(?P<word>[{LETTER}][{LETTER}0-9$]*)|.",
    re.DOTALL,
)
COMMENT_BOUND = re.compile(r"/\*|\*/")


def split_lexemes(sql: str) -> Iterator[tuple[str | None, int, int]]:
    """Yield kind, begin and end of each lexeme: ``blank``, ``comment``, ``end`` of a statement, ``word``, or others."""
    place = 0
    while match := LEXEME.match(sql, place):
        place = _comment_end(sql, match.end()) if match["comment"] else match.end()
        yield match.lastgroup, match.start(), place


def _comment_end(sql: str, place: int) -> int:
    """Return where a comment ends that began before ``place``; comments may hold others."""
    depth = 1
    while depth and (bound := COMMENT_BOUND.search(sql, place)):
        depth += 1 if bound[0] == "/*" else -1
        place = bound.end()
    return len(sql) if depth else place
