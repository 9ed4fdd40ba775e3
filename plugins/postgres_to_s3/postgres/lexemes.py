"""The lexer of SQL text: splits it by the lexical rules of PostgreSQL, as far as comments, texts and words go."""

from __future__ import annotations

import re
from collections.abc import Iterator

# To PostgreSQL every character beyond ASCII is a letter, and a letter before a dollar begins no text.
LETTER = r"A-Za-z_\x80-\U0010ffff"
# A text goes on after a new line, by the rules of its beginning. What is never closed reaches to the end.
TEXT = r"'(?:[^']|'')*+'?"
ESCAPED = r"'(?:[^'\\]|\\.?|'')*+'?"
BITS = r"'[^']*+'?"
LINE_COMMENT = r"--[^\r\n]*+"
NEW_LINE = rf"(?:[ \t\f\v]|{LINE_COMMENT})*+[\r\n](?:[ \t\r\n\f\v]|{LINE_COMMENT}[\r\n])*+"
LEXEME = re.compile(
    rf"(?P<blank>[ \t\n\r\f\v]+)|(?P<comment>{LINE_COMMENT}|/\*)|(?P<end>;)"
    rf"|(?P<text>(?:[uU]&)?{TEXT}|[eE]{ESCAPED}(?:{NEW_LINE}{ESCAPED})*|[bBxX]{BITS}(?:{NEW_LINE}{BITS})*"
    rf"|(?P<tag>\$(?:[{LETTER}][{LETTER}0-9]*)?\$).*?(?:(?P=tag)|\Z))"
    rf"|(?P<name>(?:[uU]&)?\"(?:[^\"]|\"\")*+\"?)|(?P<word>[{LETTER}][{LETTER}0-9$]*)|.",
    re.DOTALL,
)
COMMENT_BOUND = re.compile(r"/\*|\*/")


def split_lexemes(sql: str) -> Iterator[tuple[str | None, int, int]]:
    """Yield kind, begin and end of each lexeme of a text, which together are all of it.

    The kinds are ``blank``, ``comment``, ``end`` of a statement, ``text`` in quotes or dollars, ``name`` in quotes,
    ``word``, and None for a character of anything else.
    """
    place = 0
    while match := LEXEME.match(sql, place):
        place = _comment_end(sql, match.end()) if match[0] == "/*" else match.end()
        yield match.lastgroup, match.start(), place


def _comment_end(sql: str, place: int) -> int:
    """Return where a comment ends that began before ``place``; comments may hold others."""
    depth = 1
    while depth and (bound := COMMENT_BOUND.search(sql, place)):
        depth += 1 if bound[0] == "/*" else -1
        place = bound.end()
    return len(sql) if depth else place
