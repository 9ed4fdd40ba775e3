"""The comment at the top of a script: what the script is for, and which rules it implements."""

from __future__ import annotations

import re
from dataclasses import dataclass

RULES_DOCUMENT = "docs/domain.md"

_HEADER = re.compile(r"\s*(?:((?:[ \t]*--[^\n]*(?:\n|$))+)|/\*(.*?)\*/)", re.DOTALL)
_MARK = re.compile(r"^[ \t]*(?:--+|\*+)?[ \t]*", re.MULTILINE)
# A number such as 3.10 goes on after its dot; a dot before a blank ends the sentence.
_REFERENCE = re.compile(re.escape(RULES_DOCUMENT) + r",?\s*(.*?)\.?(?=\s*$|\.\s)")
_RULE = re.compile(r'(?:\b(\d+\.\d+)\b|(?<![^\s,] )"(\w+)")(?:\s*\(([^)]*)\))?|\b([A-Z]\d+)\b')


@dataclass(frozen=True)
class Rule:
    """A section of the business rules; `detail`: what of it, if the script says so."""

    section: str
    detail: str = ""


@dataclass(frozen=True)
class Header:
    """What the comment says; empty where there is none."""

    purpose: str = ""
    rules: tuple[Rule, ...] = ()


def read_header(text: str) -> Header:
    """Read the comment that a script begins with.

    What stands before the first reference to the business rules is the purpose; what follows the reference is for
    those who change the script.
    """
    found = _HEADER.match(text)
    if not found:
        return Header()
    comment = " ".join(_MARK.sub("", found[1] or found[2]).split())
    purpose = comment.partition(RULES_DOCUMENT)[0].strip()
    rules: dict[str, list[str]] = {}
    for reference in _REFERENCE.findall(comment):
        for number, name, detail, oddity in _RULE.findall(reference):
            if section := number or name:
                rules.setdefault(section, []).extend(filter(None, [detail]))
            elif rules:
                rules[next(reversed(rules))].append(oddity)
    return Header(purpose, tuple(Rule(section, ", ".join(details)) for section, details in rules.items()))
