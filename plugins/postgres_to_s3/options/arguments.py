"""Reads the options of an export from flat arguments or settings, and collects every problem instead of the first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from postgres_to_s3.options.csv_dialect import PRESETS, CsvDialect
from postgres_to_s3.options.export_options import (
    COMPRESSIONS,
    IF_EMPTY,
    MIN_PART_BYTES,
    ON_SCHEMA_CHANGE,
    PART_BYTES,
    ExportOptions,
)
from postgres_to_s3.options.keys import ExportKeys
from postgres_to_s3.options.object_options import GZIP_TYPE, ObjectOptions

DIALECT_ARGUMENTS = ("dialect", "delimiter", "quote", "null", "encoding", "decimal_comma", "header")
OBJECT_ARGUMENTS = ("sse", "kms_key_id", "tags", "metadata")
CHOICES = {
    "compression": COMPRESSIONS,
    "if_empty": IF_EMPTY,
    "on_schema_change": ON_SCHEMA_CHANGE,
}
LIST_ARGUMENTS = ("columns", "order_by")
OPTION_ARGUMENTS = (*DIALECT_ARGUMENTS, *CHOICES, "compare_sums", *LIST_ARGUMENTS, *OBJECT_ARGUMENTS)

Problem = tuple[str, str]


@dataclass(frozen=True)
class ExportRequest:
    """The arguments of one export after they were read and checked."""

    keys: ExportKeys
    options: ExportOptions
    objects: ObjectOptions
    measure_only: bool


class ArgumentReader:
    """Reads arguments by name; a missing one means the default.

    :param given: values as they come from a DAG file, from a rendered template or from an environment variable
    """

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        self.problems: list[Problem] = []

    def integer(self, name: str, lowest: int, default: int) -> int:
        """A whole number, which may be given as text."""
        value = self._given.get(name, default)
        if not isinstance(value, bool) and re.fullmatch("[0-9]+", str(value)) and int(value) >= lowest:
            return int(value)
        self.problems.append((name, f"must be a whole number of at least {lowest}, found {value!r}"))
        return default

    def boolean(self, name: str, *, default: bool) -> bool:
        """True or false, which may be given as text."""
        value = self._given.get(name, default)
        if str(value).lower() not in ("true", "false"):
            self.problems.append((name, f"must be true or false, found {value!r}"))
        return str(value).lower() == "true"

    def text(self, name: str) -> str | None:
        """Any text, None if there is none."""
        value = self._given.get(name)
        if value is not None and not isinstance(value, str):
            self.problems.append((name, f"must be a text, found {value!r}"))
            return None
        return value

    def choice(self, name: str, choices: Sequence[str]) -> str:
        """One of a few words; the first one is the default."""
        value = self.text(name)
        if value is None or value in choices:
            return value or choices[0]
        self.problems.append((name, f"must be one of {', '.join(choices)}, found {value!r}"))
        return choices[0]

    def names(self, name: str) -> tuple[str, ...]:
        """A list of names, which may be given as text with commas between them."""
        value = self._given.get(name) or ()
        names = tuple(item.strip() for item in value.split(",")) if isinstance(value, str) else tuple(value)
        if not all(isinstance(item, str) and item for item in names):
            self.problems.append((name, f"must be a list of names, found {value!r}"))
            return ()
        if len(set(names)) < len(names):
            self.problems.append((name, f"must not name a column twice, found {', '.join(names)}"))
        return names

    def pairs(self, name: str) -> dict[str, str]:
        """Texts by name, which may be given as text such as ``team=finance,cost=42``."""
        value = self._given.get(name) or {}
        if isinstance(value, str):
            items = [item.partition("=") for item in value.split(",")]
            value = {key.strip(): text.strip() for key, mark, text in items if mark}
            if len(value) < len(items):
                self.problems.append((name, f"must be different name=value pairs, found {self._given[name]!r}"))
        if isinstance(value, Mapping) and all(isinstance(item, str) for pair in value.items() for item in pair):
            return dict(value)
        self.problems.append((name, f"must be texts by name, found {value!r}"))
        return {}


def read_options(reader: ArgumentReader) -> tuple[ExportOptions, ObjectOptions]:
    """The options of an export; what is wrong is added to the reader's problems."""
    options = ExportOptions(
        max_rows_per_file=reader.integer("max_rows_per_file", 1, ExportOptions.max_rows_per_file),
        part_bytes=reader.integer("part_bytes", MIN_PART_BYTES, PART_BYTES),
        connections=reader.integer("connections", 1, ExportOptions.connections),
        dialect=_read_dialect(reader),
        compare_sums=reader.boolean("compare_sums", default=False),
        **{name: reader.choice(name, choices) for name, choices in CHOICES.items()},  # type: ignore[arg-type]
        **{name: reader.names(name) for name in LIST_ARGUMENTS},  # type: ignore[arg-type]
    )
    objects = ObjectOptions(
        content_type=GZIP_TYPE if options.compression == "gzip" else options.dialect.content_type,
        sse=reader.text("sse"),
        kms_key_id=reader.text("kms_key_id"),
        tags=reader.pairs("tags"),
        metadata=reader.pairs("metadata"),
    )
    reader.problems += objects.problems()
    return options, objects


def _read_dialect(reader: ArgumentReader) -> CsvDialect:
    """A preset with single fields replaced."""
    preset = PRESETS[reader.choice("dialect", tuple(PRESETS))]
    encoding = (reader.text("encoding") or preset.encoding).lower()
    marks = {name: reader.text(name) for name in ("delimiter", "quote", "null")}
    dialect = replace(
        preset,
        encoding=encoding,
        # Excel knows UTF-8 by the mark; other encodings have none.
        bom=preset.bom and encoding == "utf8",
        decimal_comma=reader.boolean("decimal_comma", default=preset.decimal_comma),
        header=reader.boolean("header", default=preset.header),
        **{name: mark.replace("\\t", "\t") for name, mark in marks.items() if mark is not None},  # type: ignore[arg-type]
    )
    problems = dialect.problems()
    reader.problems += problems
    return preset if problems else dialect


def read_request(given: Mapping[str, Any]) -> tuple[ExportRequest | None, list[Problem]]:
    """All arguments of one export, checked together.

    :return: the request, None if anything is wrong, and what is wrong: an argument's name and the rule it breaks
    """
    unset = {name for name in OPTION_ARGUMENTS if given.get(name) is None}
    reader = ArgumentReader({name: value for name, value in given.items() if name not in unset})
    options, objects = read_options(reader)
    measure_only = reader.boolean("measure_only", default=False)
    try:
        keys = ExportKeys(given["s3_key"], gzip=options.compression == "gzip")
    except ValueError as error:
        return None, [*reader.problems, ("s3_key", str(error))]
    return (None if reader.problems else ExportRequest(keys, options, objects, measure_only)), reader.problems
