"""The text of SQL scripts: reading it, and telling whether it does anything."""

from __future__ import annotations

import re
from pathlib import Path

_LITERAL_OR_COMMENT = re.compile(r"('(?:[^']|'')*')|--[^\n]*|/\*.*?\*/", re.DOTALL)


def read_script_text(path: Path) -> str:
    """Read a script as UTF-8, without a byte order mark.

    :raises UnicodeDecodeError: the file is in another encoding.
    """
    return path.read_bytes().decode("utf-8-sig")


def has_statement(text: str) -> bool:
    """Say whether anything is left of the script without comments, blanks and semicolons."""
    return bool(_LITERAL_OR_COMMENT.sub(lambda match: match.group(1) or " ", text).strip(" \t\r\n\f\v;"))
