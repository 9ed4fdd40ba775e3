"""The files of the page: all words in both languages, libraries as their authors published them."""

from __future__ import annotations

import hashlib
import re

import pytest

from billing_aggregator.pages.app import STATIC
from billing_aggregator.pages.run_report import TEMPLATE
from billing_aggregator.pages.words import words

VENDOR = STATIC / "vendor"
LIBRARIES = re.findall(r"^\| `(\S+)` \|.*\| `([0-9a-f]{64})` \|$", (VENDOR / "README.md").read_text(), re.MULTILINE)
# Names that are put together from a state, a stage and the like.
COMPUTED = tuple(
    f"{each}."
    for each in [
        "state",
        "done",
        "run_state",
        "day",
        "stage",
        "remedy",
        "report",
        "amount",
        "run.type",
        "language",
        "export",
        "calendar",
    ]
)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def luminance(colour: str) -> float:
    """As WCAG computes it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *((text, ground) for text in ("text", "muted", "link") for ground in ("page", "surface", "soft")),
        *((text, f"{text}-soft") for text in ("good", "bad", "busy", "idle")),
        ("muted", "bad-soft"),
        ("link", "bad-soft"),
        ("page", "text"),
    ],
)
def test_text_stands_out_from_its_ground(theme: int, text: str, ground: str) -> None:
    themes = re.findall(r"^:root.*?^}", (STATIC / "page.css").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", themes[theme]))
    low, high = sorted(luminance(colours[name]) for name in (text, ground))

    assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize(("name", "checksum"), LIBRARIES)
def test_a_library_is_the_file_that_was_published(name: str, checksum: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == checksum


def test_every_file_of_a_library_is_listed_and_its_licence_is_there() -> None:
    found = {str(each.relative_to(VENDOR)) for each in VENDOR.rglob("*") if each.is_file()} - {"README.md"}

    assert found == {name for name, _ in LIBRARIES}
    assert "uplot/LICENSE" in found


def test_every_text_is_there_in_both_languages_with_the_same_places_to_fill() -> None:
    assert len(words()) > 100
    assert [name for name, text in words().items() if not all(text)] == []
    assert [name for name, text in words().items() if placeholders(text.en) != placeholders(text.de)] == []


def test_every_text_that_somebody_asks_for_exists_and_none_is_left_over() -> None:
    scripts = "\n".join(each.read_text("utf-8") for each in STATIC.glob("*.js"))
    asked = {
        *re.findall(r'\btext(?:\.or)?\("([^"]+)"', scripts),
        *re.findall(r'text\("([^"]+)"\)', TEMPLATE.read_text("utf-8")),
    }
    quoted = set(re.findall(r'"([\w. ]+)"', scripts))

    assert asked - {*words()} == set()
    assert {name for name in {*words()} - quoted if not name.startswith(COMPUTED)} == set()
