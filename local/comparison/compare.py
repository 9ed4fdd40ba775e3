"""Compares two sources: matches their columns, loads both, finds the rows that differ."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from local.comparison.differences import LEFT, RIGHT, Store, add_rows, find_differences, row_store
from local.comparison.outcome import Comparison, Side
from local.comparison.reading import batches, names_of
from local.comparison.sources import Source
from local.comparison.values import NUMBER, NUMBER_WITH_COMMA, Form, forms
from local.errors import StackError
from postgres_to_s3.options.csv_dialect import CsvDialect


@dataclass(frozen=True)
class Rules:
    """What counts as a difference.

    :param key: columns that tell which rows belong together
    :param numbers: columns that hold numbers, beside those of which a manifest or a table says so
    :param ignored: columns that are not compared
    :param empty_is_null: an empty text and NULL are the same
    :param shown: differing rows to show, at most
    """

    key: Sequence[str] = ()
    numbers: Collection[str] = ()
    ignored: Collection[str] = ()
    empty_is_null: bool = False
    shown: int = 10


def compare(
    left: Source, right: Source, rules: Rules, folder: Path | None = None, progress: Callable[[str], None] = print
) -> Comparison:
    """Compare two sources; their rows are kept on disk, so memory stays bounded.

    :param folder: where the rows are kept meanwhile; None for the system's temporary folder
    :raises StackError: a source cannot be read, or a column that the rules name is not on both sides
    """
    with tempfile.TemporaryDirectory(prefix="billing-comparison-", dir=folder) as home, row_store(home) as store:
        names = [names_of(source, home) for source in (left, right)]
        only = [_without(names[0], names[1], rules.ignored), _without(names[1], names[0], rules.ignored)]
        shared = _without(names[0], only[0], rules.ignored)
        _require(shared, rules, names)
        shapes = forms(shared, [left.types, right.types], rules.numbers)
        sides = []
        for sign, source, columns in zip((LEFT, RIGHT), (left, right), names, strict=True):
            parts = batches(source, columns, shared, home)
            rows = sum(_add(store, sign, part, shapes, source.dialect, rules) for part in parts)
            progress(f"{rows:,} rows, {len(columns)} columns: {source.name}")
            sides.append(Side(source.name, rows))
        return find_differences(store, sides, only, shared, rules.key, rules.shown)


def _without(names: Sequence[str], *others: Collection[str]) -> list[str]:
    left_out = {name for each in others for name in each}
    return [name for name in names if name not in left_out]


def _add(
    store: Store,
    sign: int,
    batch: pa.RecordBatch,
    shapes: Mapping[str, Form | None],
    dialect: CsvDialect,
    rules: Rules,
) -> int:
    """Returns the number of rows."""
    values = []
    for column, shape in zip(batch.columns, shapes.values(), strict=True):
        form = NUMBER_WITH_COMMA if shape is NUMBER and dialect.decimal_comma else shape
        values.append(form.of(column) if form else column)
    add_rows(store, sign, values, empty_is_null=rules.empty_is_null)
    return int(batch.num_rows)


def _require(shared: Sequence[str], rules: Rules, names: Sequence[Sequence[str]]) -> None:
    if not shared:
        raise StackError(f"expected columns of the same names, found none: left {names[0]}, right {names[1]}")
    unknown = _without([*rules.key, *rules.numbers], shared)
    if unknown:
        raise StackError(f"the columns {unknown} are not on both sides; those that are: {shared}")
