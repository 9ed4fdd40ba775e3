"""The settings of the exports, `BDA_EXPORT_*` and `BDA_ARCHIVE_KEY`: the export operator's options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from billing_aggregator.settings.environment import EnvironmentReader
from postgres_to_s3.options.arguments import CHOICES, DIALECT_ARGUMENTS, OBJECT_ARGUMENTS, ArgumentReader, read_options
from postgres_to_s3.options.keys import key_problems

# Options that are the same for every export; columns and their order belong to a system and stand in systems.yaml.
ARGUMENTS = (*CHOICES, *DIALECT_ARGUMENTS, "compare_sums", *OBJECT_ARGUMENTS)
BOOLEANS = ("decimal_comma", "header", "compare_sums")
WORDS = ("dialect", "encoding", *CHOICES)
DEPLOYMENT_FIELDS = ("client", "environment")


@dataclass(frozen=True)
class ExportSettings:
    """How all exports of a deployment are written.

    :param key: template of the keys of a system's results; fields client, environment, system, table and chunk
    :param archive_key: template of the keys of what an archive script selects; fields client, environment, system,
        script, date and chunk
    :param connections: up to how many sessions of its role an export opens connections; None: those of the DAG
    :param verify: the files of a system's results are read again after the export
    :param arguments: what is set of the operator's options, by the argument's name
    """

    key: str
    archive_key: str
    verify: bool = False
    connections: int | None = None
    arguments: Mapping[str, str] = field(default_factory=dict)


def read_export_settings(reader: EnvironmentReader) -> ExportSettings:
    """Read and check the variables; what is wrong is added to the reader's problems."""
    key = _read_key(reader, "BDA_EXPORT_KEY", ("system", "table"), ())
    archive_key = _read_key(reader, "BDA_ARCHIVE_KEY", ("system", "script"), ("date",))
    arguments = {name: _read(reader, name) for name in ARGUMENTS if reader.is_set(_variable(name))}
    checked = ArgumentReader(arguments)
    read_options(checked)
    for name, problem in checked.problems:
        reader.problem(_variable(name), problem)
    own = "BDA_EXPORT_CONNECTIONS"
    connections = reader.integer(own, 1) if reader.is_set(own) else None
    return ExportSettings(key, archive_key, reader.boolean("BDA_EXPORT_VERIFY"), connections, arguments)


def _read_key(reader: EnvironmentReader, variable: str, required: tuple[str, ...], optional: tuple[str, ...]) -> str:
    template = reader.text(variable)
    for problem in key_problems(template, required, (*optional, *DEPLOYMENT_FIELDS)):
        reader.problem(variable, problem)
    return template


def _read(reader: EnvironmentReader, argument: str) -> str:
    if argument in BOOLEANS:
        return str(reader.boolean(_variable(argument))).lower()
    value = reader.text(_variable(argument))
    return value.lower() if argument in WORDS else value


def _variable(argument: str) -> str:
    return f"BDA_EXPORT_{argument.upper()}"
