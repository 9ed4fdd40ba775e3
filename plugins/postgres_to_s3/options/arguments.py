"""The operator's arguments: signature and documentation, made from the table of options, and their check."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, ValuesView
from dataclasses import dataclass
from typing import TypeVar, get_type_hints

from postgres_to_s3.options.export_options import EXPORT_OPTIONS, ExportOptions, read_options
from postgres_to_s3.options.keys import ExportKeys
from postgres_to_s3.options.kinds import Boolean, RefusedValueError
from postgres_to_s3.options.option_table import Problem

# A text with this ending is the name of a file to Airflow, in whatever argument that is templated.
FILE_ENDING = ".sql"
Init = TypeVar("Init", bound=Callable[..., None])


@dataclass(frozen=True)
class ExportRequest:
    """The arguments of one export after they were read and checked."""

    keys: ExportKeys
    options: ExportOptions
    measure_only: bool


def read_request(given: Mapping[str, object]) -> tuple[ExportRequest | None, list[Problem]]:
    """Read and check all arguments of one export together.

    :param given: ``s3_key``, ``measure_only`` and the options by name, templates rendered
    :return: the request, None if anything is wrong, and everything that is wrong
    """
    options, problems = read_options(given)
    measure_only = False
    try:
        measure_only = Boolean().read(given.get("measure_only", False))
    except RefusedValueError as error:
        problems.append(Problem("measure_only", error.rule, error.found))
    try:
        keys = ExportKeys(str(given["s3_key"]), gzip=options.compression == "gzip")
    except ValueError as error:
        return None, [*problems, Problem("s3_key", str(error))]
    return (None if problems else ExportRequest(keys, options, measure_only)), problems


def takes_options(init: Init) -> Init:
    """Give a constructor the options of an export as keyword arguments, in its signature and its docstring.

    At run time it finds them in its ``**kwargs``. A signature is what Airflow reads to apply ``default_args`` and to
    check mapped arguments, and what ``help()`` and notebooks show.
    """
    signature = inspect.signature(init, eval_str=True)
    hints = get_type_hints(ExportOptions)
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=row.default, annotation=hints[name] | str)
        for name, row in EXPORT_OPTIONS.items()
    ]
    own = list(signature.parameters.values())
    init.__signature__ = signature.replace(parameters=[*own[:-1], *options, own[-1]])  # type: ignore[attr-defined]
    lines = [f":param {name}: {row.kind.words}. {row.meaning} (templated)" for name, row in EXPORT_OPTIONS.items()]
    init.__doc__ = "\n".join([inspect.getdoc(init) or "", *lines])
    return init


def take_options(kwargs: dict[str, object]) -> dict[str, object]:
    """Take the options out of a constructor's ``**kwargs``; one that is not given has its default."""
    return {name: kwargs.pop(name, row.default) for name, row in EXPORT_OPTIONS.items()}


def refuse_file_names(arguments: Mapping[str, object]) -> None:
    """Refuse texts that Airflow would take for the name of a file to read in their place; only ``sql`` may be one.

    :raises ValueError: names the argument, not its value
    """
    for name, value in arguments.items():
        several = value.values() if isinstance(value, Mapping) else value
        texts = several if isinstance(several, list | tuple | ValuesView) else (several,)
        if any(isinstance(text, str) and text.endswith(FILE_ENDING) for text in texts):
            raise ValueError(f"'{name}' must not end in '{FILE_ENDING}': Airflow would take it for the name of a file")


def options_reference() -> str:
    """The table of options for the documentation, in Markdown."""
    rows = [
        f"| `{name}` | {row.kind.words} | {row.default_words} | {row.meaning} |" for name, row in EXPORT_OPTIONS.items()
    ]
    return "\n".join(["| argument | value | default | meaning |", "|---|---|---|---|", *rows]) + "\n"
