"""Finds the statements of a script that control its transaction, before the server refuses them in a run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import shorten

from billing_aggregator.templates.rendering import without_tags
from postgres_to_s3.postgres.lexemes import split_lexemes

CONTROL = {"begin", "commit", "end", "rollback", "abort", "savepoint", "release"}
CONTROL_PAIRS = {("start", "transaction"), ("prepare", "transaction")}
ROUTINE = re.compile(r"create (?:or replace )?(?:function|procedure)\b")
SHOWN_CHARACTERS = 60


@dataclass(frozen=True)
class ControlStatement:
    """A statement that controls the transaction.

    :param line: the line on which it begins
    :param text: its beginning, on one line
    """

    line: int
    text: str


def find_transaction_control(text: str) -> list[ControlStatement]:
    """Return the statements of a script that begin, end or split a transaction, in their order.

    Comments, texts, ``do`` blocks and the bodies of functions hold no statements of the script. Of a template all
    conditions count as true.
    """
    text = without_tags(text)
    found = []
    for words, begin, end in _statements(text):
        if words[0] in CONTROL or tuple(words[:2]) in CONTROL_PAIRS:
            shown = shorten(text[begin:end], SHOWN_CHARACTERS, placeholder=" …")
            found.append(ControlStatement(text.count("\n", 0, begin) + 1, shown))
    return found


def _statements(text: str) -> Iterator[tuple[list[str], int, int]]:
    """Yield the words of each statement in small letters, and where its first word begins and the statement ends."""
    words: list[str] = []
    start = parentheses = body = 0
    for kind, begin, end in split_lexemes(text):
        lexeme = text[begin:end]
        if kind == "word":
            start = start if words else begin
            words.append(lexeme.lower())
            body += _body_step(words, is_open=body > 0)
        elif kind == "end" and not (parentheses or body):
            if words:
                yield words, start, begin
            words = []
        else:
            # The actions of a rule are separated by semicolons in parentheses.
            parentheses = max(0, parentheses + {"(": 1, ")": -1}.get(lexeme, 0))
    if words:
        yield words, start, len(text)


def _body_step(words: Sequence[str], *, is_open: bool) -> int:
    """Return by how much the last word opens or closes the body of a routine, which ``begin atomic`` begins."""
    if is_open:
        return {"case": 1, "end": -1}.get(words[-1], 0)
    return int(words[-2:] == ["begin", "atomic"] and ROUTINE.match(" ".join(words[:4])) is not None)
