"""Writes what follows from something else: tables of settings and options, and the list of the business rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from billing_aggregator.scripts.sql.header import RULES_DOCUMENT
from billing_aggregator.scripts.sql.rules import RULES_FILE
from billing_aggregator.settings.variables import settings_reference
from postgres_to_s3.files.csv_totals import sums_reference
from postgres_to_s3.options.export_options import options_reference

REPO = Path(__file__).resolve().parents[1]
# What stands between the pairs of markers of a document, in their order.
GENERATED: dict[str, Sequence[Callable[[], str]]] = {
    "docs/settings.md": [settings_reference],
    "plugins/postgres_to_s3/README.md": [options_reference, sums_reference],
}
BEGIN = "<!-- begin: written by `make docs` -->\n"
END = "<!-- end: written by `make docs` -->\n"


def with_generated_parts(document: str) -> str:
    """The document's text, with what stands between the markers made anew."""
    text, *rest = (REPO / document).read_text(encoding="utf-8").split(BEGIN)
    for part, old in zip(GENERATED[document], rest, strict=True):
        _, _, after = old.partition(END)
        text = "".join([text, BEGIN, "\n", part(), "\n", END, after])
    return text


RULES = f"include/sql/{RULES_FILE}"


def rules_file() -> str:
    """The sections of the business rules, for the documentation of tasks: the document itself is not deployed."""
    headings = re.findall(r"^###? (.*)$", (REPO / RULES_DOCUMENT).read_text(encoding="utf-8"), re.MULTILINE)
    return "\n".join([f"# The sections of {RULES_DOCUMENT}; written by `make docs`", *headings, ""])


if __name__ == "__main__":
    for name in GENERATED:
        (REPO / name).write_text(with_generated_parts(name), encoding="utf-8")
    (REPO / RULES).write_text(rules_file(), encoding="utf-8")
