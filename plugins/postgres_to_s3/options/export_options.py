"""The one table of what can be asked of an export; arguments, settings, checks and documentation follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Annotated, Any, Self

from pydantic import ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from postgres_to_s3.options.amounts import AMOUNTS, Amount
from postgres_to_s3.options.csv_dialect import ENCODINGS, PRESETS, CsvDialect
from postgres_to_s3.options.kinds import BOOLEAN, PAIRS, Kind, choice, integer, names_of, read_mark, read_text
from postgres_to_s3.options.object_options import GZIP_TYPE, SSE, ObjectOptions
from postgres_to_s3.options.option_table import OptionTable, option, reference
from postgres_to_s3.options.problems import Problem, RefusedValueError

# S3 takes at most 10,000 parts an object and no part but the last below 5 MiB: 8 MiB allow files of 78 GiB.
MIN_PART_BYTES = 5 * 1024 * 1024
PART_BYTES = 8 * 1024 * 1024
# A part is in memory, and is parsed as a whole if need be.
MAX_PART_BYTES = 1024 * 1024 * 1024
# All files of an export are uploads that stay open until the last row is there; a task that is killed aborts them all.
MAX_FILES = 1000
FEWEST_ROWS, MOST_ROWS = 1, 1_000_000_000
MARK = Kind("one character", read_mark)


class ExportOptions(OptionTable):
    """How the rows become files, and how S3 keeps them; None stands for the default, except where a number is wanted.

    One ``ValidationError`` lists everything that is wrong.
    """

    max_rows_per_file: Annotated[int, integer(FEWEST_ROWS, MOST_ROWS)] = option(
        1_000_000,
        "Data rows of each file but the last. An export has 1,000 files at most.",
    )
    connections: Annotated[int, integer(1)] = option(
        1,
        "Sessions of its role up to which an export of a large table opens further connections, to copy it at once. "
        "The files are the same. Queries, views, sorted tables and tables below 200,000 rows are one stream.",
    )
    compression: Annotated[str, choice(("none", "gzip"))] = option("none", "`gzip`: keys end in `.gz`.")
    dialect: Annotated[str, choice(PRESETS)] = option(
        "rfc4180",
        "`rfc4180`: comma, UTF-8, LF. `excel-de`: semicolon, decimal comma, CR LF, byte order mark.",
    )
    delimiter: Annotated[str | None, MARK] = option(None, r"Between two values; `\t` is a tab.", unset="the dialect's")
    quote: Annotated[str | None, MARK] = option(None, "Around values that need it.", unset="the dialect's")
    null: Annotated[str | None, Kind("text", read_mark)] = option(None, "The text of NULL.", unset="nothing")
    encoding: Annotated[str | None, choice(ENCODINGS)] = option(
        None, "PostgreSQL's name of the encoding.", unset="the dialect's"
    )
    decimal_comma: Annotated[bool | None, BOOLEAN] = option(
        None, "Write `1234,50`, not `1234.50`.", unset="the dialect's"
    )
    header: Annotated[bool | None, BOOLEAN] = option(
        None, "Begin each file with a line of the column names.", unset="the dialect's"
    )
    columns: Annotated[tuple[str, ...], names_of("column")] = option(
        (), "The columns to export, in the order of the file.", unset="all"
    )
    order_by: Annotated[tuple[str, ...], names_of("column")] = option(
        (), "The columns to sort by.", unset="as the rows are stored"
    )
    amounts: Annotated[Mapping[str, Amount] | None, AMOUNTS] = option(
        None, "Sums for people, in manifest, XCom and log: see [amounts](#amounts).", unset="none"
    )
    notes: Annotated[Mapping[str, str] | None, PAIRS] = option(
        None, "Texts that manifest, XCom and asset event repeat, such as `business_date=2026-11-22`.", unset="none"
    )
    if_empty: Annotated[str, choice(("header", "skip", "fail"))] = option(
        "header",
        "Without rows: one file with the header, no file and a manifest that lists none, or an error.",
    )
    on_schema_change: Annotated[str, choice(("warn", "fail"))] = option(
        "warn",
        "When columns, their order or types differ from those of the last export: a warning in the log, or an error "
        "before anything is published.",
    )
    sse: Annotated[str | None, choice(SSE)] = option(None, "Server-side encryption.", unset="the bucket's")
    kms_key_id: Annotated[str | None, Kind("a key's id or alias", read_text)] = option(
        None, "The key of `aws:kms`.", unset="the account's"
    )
    tags: Annotated[Mapping[str, str] | None, PAIRS] = option(
        None, "Object tags, such as `team=finance,cost=42`; ten at most.", unset="none"
    )
    metadata: Annotated[Mapping[str, str] | None, PAIRS] = option(
        None, "Object metadata; the ids of the run and the number of rows are added.", unset="none"
    )
    part_bytes: Annotated[int, integer(MIN_PART_BYTES, MAX_PART_BYTES)] = option(
        PART_BYTES,
        "Size of the parts of an upload. S3 takes 10,000 parts a file: 78 GiB with the default.",
    )

    @model_validator(mode="wrap")
    @classmethod
    def _check_all(cls, given: Mapping[str, Any], handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Check each option, then those that are right together; pydantic alone would stop after the first step."""
        # A number that a template was to compute must not turn into the default because the template found nothing.
        never_none = {name for name, row in cls.model_fields.items() if row.annotation in (int, bool)}
        values = {name: value for name, value in given.items() if value is not None or name in never_none}
        errors: list[InitErrorDetails] = []
        try:
            options = handler(values)
        except ValidationError as error:
            errors = [
                InitErrorDetails(type=each["type"], loc=each["loc"], input=each["input"], ctx=each.get("ctx", {}))
                for each in error.errors()
            ]
            wrong = {each["loc"][0] for each in errors}
            options = handler({name: value for name, value in values.items() if name not in wrong})
        errors += map(_refusal, options.problems())
        if errors:
            raise ValidationError.from_exception_data(cls.__name__, errors)
        return options

    @property
    def csv(self) -> CsvDialect:
        """The dialect with the single parts replaced that are set."""
        preset = PRESETS[self.dialect]
        given = {name: value for name, value in vars(self).items() if value is not None}
        parts = {part.name: given[part.name] for part in fields(CsvDialect) if part.name in given}
        dialect = replace(preset, **parts)
        # Excel knows UTF-8 by the mark; other encodings have none.
        return replace(dialect, bom=preset.bom and dialect.encoding == "utf8")

    @property
    def objects(self) -> ObjectOptions:
        """What S3 is told about every object."""
        return ObjectOptions(
            content_type=GZIP_TYPE if self.compression == "gzip" else self.csv.content_type,
            sse=self.sse,
            kms_key_id=self.kms_key_id,
            tags=self.tags or {},
            metadata=self.metadata or {},
        )

    def problems(self) -> list[Problem]:
        """What is wrong with options that are right on their own."""
        return [*self.csv.problems(), *self.objects.problems()]


def _refusal(problem: Problem) -> InitErrorDetails:
    error = RefusedValueError(problem.rule, problem.found)
    return InitErrorDetails(type="value_error", loc=(problem.name,), input=None, ctx={"error": error})


def options_reference() -> str:
    """The table of options for the documentation, in Markdown."""
    return reference("argument", ExportOptions.model_fields)
