"""Scripts as templates: which of them are, what is wrong with one, and its text with the values of a run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from traceback import extract_tb
from typing import TypeAlias, Union

from jinja2 import TemplateRuntimeError

from billing_aggregator.templates.sandbox import DATED_VALUES, DOCUMENTED_VALUES, compile_template
from postgres_to_s3.errors import PermanentError

# Dates are texts, so that no value leads to another object.
Plain: TypeAlias = Union[str, int, bool, list["Plain"], dict[str, "Plain"], None]  # noqa: UP007 - it names itself

_TEXTS = "|".join((*DOCUMENTED_VALUES, *DATED_VALUES, "run_id"))
_OBJECTS = "params|dag_run|macros|var|conn|dag|task|ti"
# A name in quotes is data, as in '{{"client_id", "x"}}'::text[].
_VALUE = re.compile(rf"(?<![\"'\w.])(?:{_TEXTS}|(?:{_OBJECTS})(?=[.\[]))(?![\"'\w])")
_EXPRESSION = re.compile(r"\{\{[^{}]*\}\}|\{%[-+]?\s*(?:if|elif|for|set|do|with|filter|call|macro)\b[^{}]*%\}")
_TAG = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_RAW_BLOCK = re.compile(r"\{%[-+]?\s*(?:end)?raw\s*[-+]?%\}")


def is_template(text: str) -> bool:
    """Say whether a script is a template: it names a value of the run, or protects a part itself.

    In any other script braces such as ``'{{1,2}}'::int[]`` are SQL.
    """
    if _RAW_BLOCK.search(text):
        return True
    return any(_VALUE.search(expression) for expression in _EXPRESSION.findall(text))


def without_tags(text: str) -> str:
    """Return a template with blanks in place of its conditions and comments, on the same lines."""
    return _TAG.sub(lambda tag: re.sub(r"[^\n]", " ", tag[0]), text) if is_template(text) else text


def find_template_error(text: str) -> str | None:
    """Say what is wrong with a script as a template, None if nothing is."""
    if is_template(text):
        try:
            compile_template(text)
        except PermanentError as error:
            return str(error)
    return None


def render_script(text: str, values: Mapping[str, Plain]) -> str:
    """Return the script with the values filled in; unchanged if it is no template.

    :raises PermanentError: a value is missing or of another kind, with the line
    """
    if not is_template(text):
        return text
    template = compile_template(text)
    try:
        return template.render(values)
    except (TemplateRuntimeError, TypeError) as error:
        lines = [frame.lineno for frame in extract_tb(error.__traceback__) if frame.filename == "<template>"]
        reason = "" if "ds" in values else f"; this run has no logical date, so it has no {', '.join(DATED_VALUES)}"
        raise PermanentError(f"line {lines[-1]}: {error}{reason}") from error
