"""Which options of an export are settings of a deployment, and how they are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from billing_aggregator.settings.environment import EnvironmentReader
from postgres_to_s3.options.export_options import EXPORT_OPTIONS, ExportOptions

# What differs from one export to the next is said in systems.yaml.
SHARED_OPTIONS = {name: row for name, row in EXPORT_OPTIONS.items() if not row.per_export}
MAX_ROWS = "max_rows_per_file"


def export_variable(option: str) -> str:
    """The environment variable of an option."""
    return "BDA_MAX_ROW_SIZE_FILE" if option == MAX_ROWS else f"BDA_EXPORT_{option.upper()}"


EXPORT_VARIABLES = {export_variable(name): row for name, row in SHARED_OPTIONS.items()}
EXPORT_VARIABLES["BDA_EXPORT_CONNECTIONS"] = replace(SHARED_OPTIONS["connections"], unset="`BDA_DB_MAX_CONNS`")


def read_export_options(reader: EnvironmentReader, db_max_conns: int) -> ExportOptions:
    """Read the options of all exports; what is wrong is added to the reader's problems.

    :param db_max_conns: how many connections an export may have where no variable says so
    """
    given = reader.read(EXPORT_VARIABLES)
    values = {name: given[export_variable(name)] for name in SHARED_OPTIONS if export_variable(name) in given}
    options = replace(ExportOptions(connections=db_max_conns), **values)
    for problem in options.problems():
        reader.refuse(export_variable(problem.name), problem.rule)
    return options


def export_arguments(options: ExportOptions) -> Mapping[str, object]:
    """The operator's arguments that are the same for every export; the rows of a file are a parameter of the run."""
    return {name: getattr(options, name) for name in SHARED_OPTIONS if name != MAX_ROWS}
