"""The text of SQL scripts: reading it, and telling whether it does anything."""

from __future__ import annotations

from postgres_to_s3.postgres.lexemes import split_lexemes


def decode_script(content: bytes) -> str:
    """Return the text of a script's file, which is UTF-8, without a byte order mark.

    :raises UnicodeDecodeError: the file is in another encoding.
    """
    return content.decode("utf-8-sig")


def has_statement(text: str) -> bool:
    """Say whether anything is left of the script without comments, blanks and semicolons."""
    return any(kind not in ("blank", "comment", "end") for kind, _, _ in split_lexemes(text))
