"""The filters of scripts: dates in other forms, and a few of Jinja's that make no text longer than it is."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import partial

from jinja2 import TemplateRuntimeError
from jinja2.filters import FILTERS as JINJA_FILTERS

# They can be written as methods of a date, too.
DATE_METHODS = ("strftime", "isoformat", "date")
ARGUMENTS = {"strftime": 1, "default": 1}
# A field with a width, such as %900d, would be as long as it says.
_FORMAT = re.compile(r"(?:[^%]|%-?[A-Za-z%])*")


def is_format(value: object) -> bool:
    """Say whether a value is a format of dates, whose fields have no width."""
    return isinstance(value, str) and bool(_FORMAT.fullmatch(value))


def _format(value: object, date_format: str) -> str:
    return _read_date(value).strftime(date_format)


def _isoformat(value: object) -> str:
    return _read_date(value).isoformat()


def _read_date(value: object) -> date:
    """Read the text of a date, or of a date with a time.

    :raises TemplateRuntimeError: the value is neither, or is undefined
    """
    text = str(value)
    try:
        return date.fromisoformat(text) if len(text) == len("2026-01-31") else datetime.fromisoformat(text)
    except ValueError as error:
        raise TemplateRuntimeError(f"expected a date, found {value!r}") from error


FILTERS = {
    **{name: JINJA_FILTERS[name] for name in ("default", "lower", "upper")},
    **dict.fromkeys(("ds", "date"), partial(_format, date_format="%Y-%m-%d")),
    "ds_nodash": partial(_format, date_format="%Y%m%d"),
    **dict.fromkeys(("ts", "isoformat"), _isoformat),
    "ts_nodash": partial(_format, date_format="%Y%m%dT%H%M%S"),
    "strftime": _format,
}
