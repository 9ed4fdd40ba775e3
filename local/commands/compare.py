"""`compare`: two exports, files or tables, row by row; exit code 0 if they are the same, 1 if they differ."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from local.comparison.compare import Rules, compare
from local.comparison.outcome import as_json, as_text
from local.comparison.sources import KINDS, find_source
from local.errors import StackError, stack_errors
from postgres_to_s3.options.csv_dialect import RFC4180, CsvDialect

HELP = "compare two exports row by row, files or tables"
SAME = 0
DIFFERENT = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the two sides, and what counts as a difference."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"a side is one of:\n{KINDS}"
    parser.add_argument("left", help="the one side, for example the old export")
    parser.add_argument("right", help="the other side")
    parser.add_argument(
        "--key", type=_names, default=[], metavar="A,B", help="columns that tell which rows belong together"
    )
    parser.add_argument(
        "--numbers",
        type=_names,
        default=[],
        metavar="A,B",
        help="columns of numbers, where no manifest or table says so",
    )
    parser.add_argument("--ignore", type=_names, default=[], metavar="A,B", help="columns that are not compared")
    parser.add_argument("--empty-is-null", action="store_true", help="an empty text and NULL are the same")
    parser.add_argument("--delimiter", default=",", help="of files without a manifest (default: ,)")
    parser.add_argument(
        "--null", default="", help="what stands for NULL in files without a manifest (default: nothing)"
    )
    parser.add_argument("--shown", type=int, default=10, metavar="N", help="differing rows to show (default: 10)")
    parser.add_argument(
        "--folder",
        type=Path,
        metavar="DIR",
        help="where both sides' rows are kept meanwhile, about twice their size (default: temporary)",
    )
    parser.add_argument("--json", action="store_true", help="the outcome as JSON")


def main(arguments: argparse.Namespace, _state_dir: Path) -> int:
    """Compare; the exit code tells the outcome."""
    dialect = replace(RFC4180, delimiter=arguments.delimiter, null=arguments.null)
    _require(dialect)
    rules = Rules(
        key=arguments.key,
        numbers=arguments.numbers,
        ignored=arguments.ignore,
        empty_is_null=arguments.empty_is_null,
        shown=arguments.shown,
    )
    # An error of its own would end with 1, which means different.
    with stack_errors("the sides cannot be compared"):
        left, right = (find_source(text, dialect) for text in (arguments.left, arguments.right))
        comparison = compare(left, right, rules, arguments.folder, _to_stderr)
    print(as_json(comparison) if arguments.json else as_text(comparison))
    return SAME if comparison.is_same else DIFFERENT


def _require(dialect: CsvDialect) -> None:
    problems = dialect.problems()
    if problems:
        raise StackError("; ".join(f"--{problem.name} {problem.rule}, found {problem.found}" for problem in problems))


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)
