"""The one table of what can be asked of an export; arguments, settings, checks and documentation follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from postgres_to_s3.options.amounts import Amount, Amounts
from postgres_to_s3.options.csv_dialect import ENCODINGS, PRESETS, CsvDialect
from postgres_to_s3.options.kinds import Boolean, Choice, Integer, Names, Pairs, Text
from postgres_to_s3.options.object_options import GZIP_TYPE, SSE, ObjectOptions
from postgres_to_s3.options.option_table import Problem, option, options_of, read_values

# S3 takes at most 10,000 parts an object and no part but the last below 5 MiB: 8 MiB allow files of 78 GiB.
MIN_PART_BYTES = 5 * 1024 * 1024
PART_BYTES = 8 * 1024 * 1024
# A part is in memory, and is parsed as a whole if need be.
MAX_PART_BYTES = 1024 * 1024 * 1024
# All files of an export are uploads that stay open until the last row is there; a task that is killed aborts them all.
MAX_FILES = 1000
FEWEST_ROWS, MOST_ROWS = 1, 1_000_000_000


@dataclass(frozen=True)
class ExportOptions:
    """How the rows become files, and how S3 keeps them."""

    max_rows_per_file: int = option(
        Integer(FEWEST_ROWS, MOST_ROWS),
        1_000_000,
        "Data rows of each file but the last. An export has 1,000 files at most.",
    )
    connections: int = option(
        Integer(1),
        1,
        "Sessions of its role up to which an export of a large table opens further connections, to copy it at once. "
        "The files are the same. Queries, views, sorted tables and tables below 200,000 rows are one stream.",
    )
    compression: str = option(Choice(("none", "gzip")), "none", "`gzip`: keys end in `.gz`.")
    dialect: str = option(
        Choice(tuple(PRESETS)),
        "rfc4180",
        "`rfc4180`: comma, UTF-8, LF. `excel-de`: semicolon, decimal comma, CR LF, byte order mark.",
    )
    delimiter: str | None = option(
        Text("one character", is_mark=True), None, r"Between two values; `\t` is a tab.", unset="the dialect's"
    )
    quote: str | None = option(
        Text("one character", is_mark=True), None, "Around values that need it.", unset="the dialect's"
    )
    null: str | None = option(Text(is_mark=True), None, "The text of NULL.", unset="nothing")
    encoding: str | None = option(
        Choice(tuple(ENCODINGS)), None, "PostgreSQL's name of the encoding.", unset="the dialect's"
    )
    decimal_comma: bool | None = option(Boolean(), None, "Write `1234,50`, not `1234.50`.", unset="the dialect's")
    header: bool | None = option(
        Boolean(), None, "Begin each file with a line of the column names.", unset="the dialect's"
    )
    columns: tuple[str, ...] = option(
        Names("column"), (), "The columns to export, in the order of the file.", unset="all", per_export=True
    )
    order_by: tuple[str, ...] = option(
        Names("column"), (), "The columns to sort by.", unset="as the rows are stored", per_export=True
    )
    amounts: Mapping[str, Amount] | None = option(
        Amounts(),
        None,
        "Sums for people, in manifest, XCom and log: see [amounts](#amounts).",
        unset="none",
        per_export=True,
    )
    notes: Mapping[str, str] | None = option(
        Pairs(),
        None,
        "Texts that manifest, XCom and asset event repeat, such as `business_date=2026-11-22`.",
        unset="none",
        per_export=True,
    )
    if_empty: str = option(
        Choice(("header", "skip", "fail")),
        "header",
        "Without rows: one file with the header, no file and a manifest that lists none, or an error.",
    )
    on_schema_change: str = option(
        Choice(("warn", "fail")),
        "warn",
        "When columns, their order or types differ from those of the last export: a warning in the log, or an error "
        "before anything is published.",
    )
    sse: str | None = option(Choice(SSE), None, "Server-side encryption.", unset="the bucket's")
    kms_key_id: str | None = option(Text("a key's id or alias"), None, "The key of `aws:kms`.", unset="the account's")
    tags: Mapping[str, str] | None = option(
        Pairs(), None, "Object tags, such as `team=finance,cost=42`; ten at most.", unset="none"
    )
    metadata: Mapping[str, str] | None = option(
        Pairs(), None, "Object metadata; the ids of the run and the number of rows are added.", unset="none"
    )
    part_bytes: int = option(
        Integer(MIN_PART_BYTES, MAX_PART_BYTES),
        PART_BYTES,
        "Size of the parts of an upload. S3 takes 10,000 parts a file: 78 GiB with the default.",
    )

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


EXPORT_OPTIONS = options_of(ExportOptions)


def read_options(given: Mapping[str, object]) -> tuple[ExportOptions, list[Problem]]:
    """Read and check the options of an export.

    :param given: values by an option's name, as text or as Python values; other names are passed over
    :return: the options, and everything that is wrong with them; where one is wrong, its default holds
    """
    values, problems = read_values(EXPORT_OPTIONS, given)
    options = replace(ExportOptions(), **values)
    return options, [*problems, *options.problems()]
