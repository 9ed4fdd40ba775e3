"""The words of the page and of the HTML report, in both languages: `words.json`, and those of the table of stages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from billing_aggregator.scripts.stages import RUN_TASKS, STAGES, Words

FILE = Path(__file__).with_name("words.json")


@cache
def words() -> Mapping[str, Words]:
    """Return all words by name; what is in braces is filled in."""
    found = {name: Words(*pair) for name, pair in json.loads(FILE.read_text(encoding="utf-8")).items()}
    for stage in (*STAGES, *RUN_TASKS):
        found |= {f"stage.{stage.name}": stage.title, f"remedy.{stage.name}": stage.remedy}
    return found


def words_script() -> str:
    """Return the module of JavaScript by which the page gets them, and the names of the stages in their order."""
    exported = {
        "WORDS": words(),
        "STAGES": [stage.name for stage in STAGES],
        "RUN_TASKS": [task.name for task in RUN_TASKS],
    }
    return "".join(f"export const {name} = {json.dumps(value)};\n" for name, value in exported.items())
