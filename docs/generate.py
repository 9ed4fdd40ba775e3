"""Writes the parts of the documents that follow from the code: the tables of settings and of export options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from billing_aggregator.settings.variables import settings_reference
from postgres_to_s3.options.arguments import options_reference

REPO = Path(__file__).resolve().parents[1]
GENERATED: dict[str, Callable[[], str]] = {
    "docs/settings.md": settings_reference,
    "plugins/postgres_to_s3/README.md": options_reference,
}
BEGIN = "<!-- begin: written by `make docs` -->\n"
END = "<!-- end: written by `make docs` -->\n"


def with_generated_part(document: str) -> str:
    """The document's text, with what stands between the two markers made anew."""
    before, _, rest = (REPO / document).read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return "".join([before, BEGIN, "\n", GENERATED[document](), "\n", END, after])


if __name__ == "__main__":
    for name in GENERATED:
        (REPO / name).write_text(with_generated_part(name), encoding="utf-8")
