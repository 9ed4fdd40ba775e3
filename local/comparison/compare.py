"""Compares two sources: loads both, matches their columns, finds the rows that differ."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from local.comparison.differences import Differences, find_differences
from local.comparison.loading import Connection, Loaded, load
from local.comparison.sources import Source
from local.comparison.values import kinds_of
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
class Comparison:
    """The outcome of a comparison.

    :param missing_left: columns that only the right side has
    :param missing_right: columns that only the left side has
    :param has_key: rows were paired by a key
    """

    left: Loaded
    right: Loaded
    missing_left: Sequence[str]
    missing_right: Sequence[str]
    differences: Differences
    has_key: bool

    @property
    def is_same(self) -> bool:
        """Whether both sides hold the same columns and the same rows, each as often."""
        found = self.differences
        return not (self.missing_left or self.missing_right or found.only_left or found.only_right)


def compare(
    connection: Connection, left: Source, right: Source, rules: Rules, progress: Callable[[str], None] = print
) -> Comparison:
    """Compare two sources in an empty database, which keeps their rows on its disk: memory stays bounded.

    :param connection: commits by itself; may create tables
    :raises StackError: a source cannot be read, or a column that the rules name is not on both sides
    """
    connection.execute("set timezone = 'UTC'")
    loaded_left = _load(connection, left, "left_raw", progress)
    loaded_right = _load(connection, right, "right_raw", progress)
    return _compare(connection, loaded_left, loaded_right, rules)


def _load(connection: Connection, source: Source, table: str, progress: Callable[[str], None]) -> Loaded:
    loaded = load(connection, source, table)
    progress(f"{loaded.rows:,} rows, {len(loaded.columns)} columns: {loaded.name}")
    return loaded


def _compare(connection: Connection, left: Loaded, right: Loaded, rules: Rules) -> Comparison:
    missing_left = [name for name in right.columns if name not in left.columns and name not in rules.ignored]
    missing_right = [name for name in left.columns if name not in right.columns and name not in rules.ignored]
    shared = [name for name in left.columns if name in right.columns and name not in rules.ignored]
    _require(shared, rules, left, right)
    differences = find_differences(
        connection,
        left,
        right,
        kinds_of(shared, [left.types, right.types], rules.numbers),
        key=rules.key,
        empty_is_null=rules.empty_is_null,
        shown=rules.shown,
    )
    return Comparison(left, right, missing_left, missing_right, differences, bool(rules.key))


def _require(shared: Sequence[str], rules: Rules, left: Loaded, right: Loaded) -> None:
    if not shared:
        raise StackError(
            f"expected columns of the same names, found none: left {list(left.columns)}, right {list(right.columns)}"
        )
    unknown = [name for name in (*rules.key, *rules.numbers) if name not in shared]
    if unknown:
        raise StackError(f"the columns {unknown} are not on both sides; those that are: {list(shared)}")
