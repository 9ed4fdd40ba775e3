"""Tables of options: pydantic models whose fields declare the kind, default and meaning of each option."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.fields import FieldInfo

from postgres_to_s3.options.kinds import Kind


class OptionTable(BaseModel):
    """Options that were read and checked; an error of pydantic's about them shows no value, which may be a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def option(default: object, meaning: str, *, unset: str = "", **field: Any) -> Any:
    """Return a row of a table.

    :param default: its value where nothing is given; ``...`` if it is required
    :param meaning: what it does, in Markdown
    :param unset: the default in words, where the value does not say it
    :param field: further arguments of pydantic's ``Field``
    """
    return Field(default, description=meaning, json_schema_extra={"unset": unset}, **field)


def kind_of(row: FieldInfo) -> Kind:
    """Return what an option takes."""
    return next(each for each in row.metadata if isinstance(each, Kind))


def reference(heading: str, rows: Mapping[str, FieldInfo], defaults: dict[str, str] | None = None) -> str:
    """Return the table of options for the documentation, in Markdown.

    :param heading: what the names are
    :param defaults: in words, where they differ from those of the rows
    """
    words = {name: _default_words(row) for name, row in rows.items()} | (defaults or {})
    lines = [f"| `{name}` | {kind_of(row).words} | {words[name]} | {row.description} |" for name, row in rows.items()]
    return "\n".join([f"| {heading} | value | default | meaning |", "|---|---|---|---|", *lines]) + "\n"


def _default_words(row: FieldInfo) -> str:
    if row.is_required():
        return "**required**"
    if isinstance(row.json_schema_extra, dict) and row.json_schema_extra["unset"]:
        return str(row.json_schema_extra["unset"])
    return f"`{str(row.default).lower() if isinstance(row.default, bool) else row.default}`"
