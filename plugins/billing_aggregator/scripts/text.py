"""The text of SQL scripts: reading it, and telling whether it does anything."""

from __future__ import annotations

import re

_LITERAL_OR_COMMENT = re.compile(r"('(?:[^']|'')*')|--[^\n]*|/\*.*?\*/", re.DOTALL)


def decode_script(content: bytes) -> str:
    """Return the text of a script's file, which is UTF-8, without a byte order mark.

    :raises UnicodeDecodeError: the file is in another encoding.
    """
    return content.decode("utf-8-sig")


def has_statement(text: str) -> bool:
    """Say whether anything is left of the script without comments, blanks and semicolons."""
    return bool(_LITERAL_OR_COMMENT.sub(lambda match: match.group(1) or " ", text).strip(" \t\r\n\f\v;"))
