"""Compares two sources: matches their columns, loads both, finds the rows that differ."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from local.comparison.differences import LEFT, RIGHT, Differences, add_rows, find_differences, row_store
from local.comparison.reading import batches, names_of
from local.comparison.sources import Source
from local.comparison.values import NUMBER, NUMBER_WITH_COMMA, Form, forms
from local.errors import StackError


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


@dataclass(frozen=True)
class Loaded:
    """A side of a comparison, and how many rows it has."""

    name: str
    rows: int


@dataclass(frozen=True)
class Comparison:
    """The outcome of a comparison.

    :param only_left: columns that the right side does not have
    :param only_right: columns that the left side does not have
    :param has_key: rows were paired by a key
    """

    left: Loaded
    right: Loaded
    only_left: Sequence[str]
    only_right: Sequence[str]
    differences: Differences
    has_key: bool

    @property
    def is_same(self) -> bool:
        """Whether both sides hold the same columns and the same rows, each as often."""
        rows = self.differences
        return not (self.only_left or self.only_right or rows.only_left or rows.only_right)


def compare(
    left: Source, right: Source, rules: Rules, folder: Path | None = None, progress: Callable[[str], None] = print
) -> Comparison:
    """Compare two sources; their rows are kept on disk, so memory stays bounded.

    :param folder: where the rows are kept meanwhile; None for the system's temporary folder
    :raises StackError: a source cannot be read, or a column that the rules name is not on both sides
    """
    names_left, names_right = names_of(left), names_of(right)
    only_left = [name for name in names_left if name not in {*names_right, *rules.ignored}]
    only_right = [name for name in names_right if name not in {*names_left, *rules.ignored}]
    shared = [name for name in names_left if name not in {*only_left, *rules.ignored}]
    _require(shared, rules, names_left, names_right)
    shapes = forms(shared, [left.types, right.types], rules.numbers)
    with row_store(folder) as store:
        sides = []
        for side, source, names in ((LEFT, left, names_left), (RIGHT, right, names_right)):
            rows = _load(store, side, source, names, shapes, empty_is_null=rules.empty_is_null)
            progress(f"{rows:,} rows, {len(names)} columns: {source.name}")
            sides.append(Loaded(source.name, rows))
        differences = find_differences(store, shared, rules.key, rules.shown)
    return Comparison(sides[0], sides[1], only_left, only_right, differences, bool(rules.key))


def _load(
    store: duckdb.DuckDBPyConnection,
    side: int,
    source: Source,
    names: Sequence[str],
    shapes: Mapping[str, Form | None],
    *,
    empty_is_null: bool,
) -> int:
    """Returns the number of rows."""
    has_comma = source.dialect.decimal_comma
    written = [NUMBER_WITH_COMMA if form is NUMBER and has_comma else form for form in shapes.values()]
    rows = 0
    for batch in batches(source, names, list(shapes)):
        columns = zip(batch.columns, written, strict=True)
        values = [form.of(column) if form else column for column, form in columns]
        add_rows(store, side, values, empty_is_null=empty_is_null)
        rows += batch.num_rows
    return rows


def _require(shared: Sequence[str], rules: Rules, left: Sequence[str], right: Sequence[str]) -> None:
    if not shared:
        raise StackError(f"expected columns of the same names, found none: left {left}, right {right}")
    unknown = [name for name in (*rules.key, *rules.numbers) if name not in shared]
    if unknown:
        raise StackError(f"the columns {unknown} are not on both sides; those that are: {shared}")
