"""How an export's rows become files: the options of one export, checked where they are read."""

from __future__ import annotations

from dataclasses import dataclass

from postgres_to_s3.options.csv_dialect import RFC4180, CsvDialect

COMPRESSIONS = ("none", "gzip")
IF_EMPTY = ("header", "skip", "fail")
ON_SCHEMA_CHANGE = ("warn", "fail")
# S3 takes at most 10,000 parts an object and no part but the last below 5 MiB: 8 MiB allow files of 78 GiB.
MIN_PART_BYTES = 5 * 1024 * 1024
PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class ExportOptions:
    """How the rows become files.

    :param max_rows_per_file: data rows in each file but the last
    :param part_bytes: size of the parts a file is uploaded in, at least 5 MiB
    :param connections: up to how many sessions of its role the export opens further connections
    :param dialect: how the CSV is written
    :param compression: ``none`` or ``gzip``
    :param columns: the columns to export, in this order; none: all of them
    :param order_by: the columns by which the rows are sorted
    :param if_empty: of a result without rows write one file with the ``header``, ``skip`` the file, or ``fail``
    :param on_schema_change: ``warn`` or ``fail`` when columns or types differ from those of the last export
    :param compare_sums: add up the numbers in the files and compare them with the warehouse's before publication
    """

    max_rows_per_file: int = 1_000_000
    part_bytes: int = PART_BYTES
    connections: int = 1
    dialect: CsvDialect = RFC4180
    compression: str = "none"
    columns: tuple[str, ...] = ()
    order_by: tuple[str, ...] = ()
    if_empty: str = "header"
    on_schema_change: str = "warn"
    compare_sums: bool = False
