"""The text of SQL scripts: reading it, telling whether it does anything, and handing it to Jinja."""

from __future__ import annotations

import re
from operator import truth
from pathlib import Path

DOCUMENTED_VALUES = ("client_id", "environment", "business_date")
# The plain values among those that Airflow gives a template. The others lead to its connections, variables and modules:
# secrets would end up in logs and errors.
ALLOWED_VALUES = (
    *DOCUMENTED_VALUES,
    *("ds", "ds_nodash", "ts", "ts_nodash", "run_id", "logical_date", "data_interval_start", "data_interval_end"),
    *("params", "dag_run"),
)

_AIRFLOW_VALUES = (
    "ds",
    "ds_nodash",
    "ts",
    "ts_nodash",
    "run_id",
    "logical_date",
    "data_interval_start",
    "data_interval_end",
    r"(?:params|dag_run|macros|var|conn|dag|task|ti)(?=[.\[])",
)
# A name in quotes is data, as in '{{"client_id", "x"}}'::text[].
_VALUE = re.compile(r"(?<![\"'\w.])(?:" + "|".join((*DOCUMENTED_VALUES, *_AIRFLOW_VALUES)) + r")(?![\"'\w])")
_EXPRESSION = re.compile(r"\{\{[^{}]*\}\}|\{%[-+]?\s*(?:if|elif|for|set|do|with|filter|call|macro)\b[^{}]*%\}")
_RAW_BLOCK = re.compile(r"\{%[-+]?\s*(?:end)?raw\s*[-+]?%\}")
_JINJA_DELIMITER = re.compile(r"\{[{%#]")
_LITERAL_OR_COMMENT = re.compile(r"('(?:[^']|'')*')|--[^\n]*|/\*.*?\*/", re.DOTALL)


def read_script_text(path: Path) -> str:
    """Read a script as UTF-8, without a byte order mark.

    :raises UnicodeDecodeError: the file is in another encoding.
    """
    return path.read_bytes().decode("utf-8-sig")


def has_statement(text: str) -> bool:
    """Say whether anything is left of the script without comments, blanks and semicolons."""
    return bool(_LITERAL_OR_COMMENT.sub(lambda match: match.group(1) or " ", text).strip(" \t\r\n\f\v;"))


def is_template(text: str) -> bool:
    """Say whether the script is written for Jinja: it names a value of the DAG, or protects a part itself."""
    if _RAW_BLOCK.search(text):
        return True
    return any(_VALUE.search(expression) for expression in _EXPRESSION.findall(text))


def as_template(text: str) -> str:
    """The script as a Jinja template whose rendering is what the author meant.

    A script that is no template is protected, since braces such as `'{{1,2}}'::int[]` are SQL in it.
    It gets a line break at its end: Airflow takes a text that ends in `.sql` for the name of a file.
    Rendering turns other line breaks into LF.
    """
    if not text.endswith("\n"):
        text += "\n"
    if not is_template(text) and _JINJA_DELIMITER.search(text):
        return "{% raw %}" + text + "{% endraw %}"
    return text


def find_template_error(text: str) -> str | None:
    """Say what is wrong with the text as a Jinja template, None if nothing is."""
    if not is_template(text):
        return None
    import jinja2
    from jinja2 import defaults, meta, nodes

    environment = jinja2.Environment(extensions=["jinja2.ext.do"])  # noqa: S701 - SQL, not HTML
    try:
        tree = environment.parse(text)
    except jinja2.TemplateSyntaxError as error:
        return f"not a valid Jinja template, line {error.lineno}: {error.message}"
    # Airflow adds filters of its own, which the search for names would ask for.
    environment.filters |= dict.fromkeys((found.name for found in tree.find_all(nodes.Filter)), str)
    environment.tests |= dict.fromkeys((found.name for found in tree.find_all(nodes.Test)), truth)
    unknown = meta.find_undeclared_variables(tree) - {*ALLOWED_VALUES, *defaults.DEFAULT_NAMESPACE}
    for name in tree.find_all(nodes.Name):
        if name.name in unknown:
            return f"line {name.lineno}: must use no other value than {', '.join(ALLOWED_VALUES)}, found {name.name!r}"
    for other in tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)):
        return f"line {other.lineno}: must not read another template, which nobody checks"
    return None
