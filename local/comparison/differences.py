"""Finds the rows in which two sides differ, each row as often as it stands there, in a DuckDB of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from local.comparison.outcome import Comparison, Pair, Row, Side

Store = duckdb.DuckDBPyConnection
Names = Sequence[str]
LEFT, RIGHT = 1, -1
# What does not fit into this memory is kept on disk.
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "500MB",
    "threads": 2,
    "preserve_insertion_order": False,
}
# `surplus`: how much more often a row stands on the left; below zero, on the right. A pair has a key that stands once
# among the differing rows of either side.
COUNT = """
create table differences as
select v, sum(side)::bigint as surplus, [{key}]::varchar[] as key from rows group by v having sum(side) <> 0;
create table pairs as
select key, any_value(v) filter (surplus > 0) as l, any_value(v) filter (surplus < 0) as r
from differences where len(key) > 0 group by key
having sum(surplus) filter (surplus > 0) = 1 and sum(surplus) filter (surplus < 0) = -1
"""
SUMS = """
select (select count(*) from rows where side = 1) - l, l, r, (select count(*) from pairs)
from (
    select coalesce(sum(greatest(surplus, 0)), 0)::bigint as l, coalesce(sum(greatest(-surplus, 0)), 0)::bigint as r
    from differences
)
"""
BY_COLUMN = """
select place, count(*) from (select l, r, unnest(range(1, len(l) + 1)) as place from pairs)
where l[place] is distinct from r[place] group by place order by place
"""
UNPAIRED = "select v from differences anti join pairs using (key) where surplus * ? > 0 order by v limit ?"


@contextmanager
def row_store(folder: str) -> Iterator[Store]:
    """Give an empty database for the rows of both sides, in a file in this folder."""
    with duckdb.connect(f"{folder}/rows.duckdb", config=SETTINGS) as store:
        store.execute("create table rows (side tinyint, v varchar[])")
        yield store


def add_rows(store: Store, side: int, values: Sequence[pa.Array], *, empty_is_null: bool) -> None:
    """Add rows to a side, given by column."""
    names = [f"c{place}" for place in range(len(values))]
    fields = ", ".join(f"nullif({name}, '')" if empty_is_null else name for name in names)
    store.register("batch", pa.RecordBatch.from_arrays(values, names=names))
    store.execute(f"insert into rows select {side}, [{fields}] from batch")
    store.unregister("batch")


def find_differences(
    store: Store, sides: Sequence[Side], only: Sequence[Names], columns: Names, key: Names, shown: int
) -> Comparison:
    """Compare both sides as multisets of rows.

    :param only: the columns that only the left side has, and those that only the right side has
    :param key: columns that tell which rows of the two sides belong together; without them rows are only counted
    """
    places = [columns.index(name) for name in key]
    store.execute(COUNT.format(key=", ".join(f"v[{place + 1}]" for place in places)))
    ((equal_rows, only_left, only_right, pairs),) = store.execute(SUMS).fetchall()
    shown_pairs = store.execute("select l, r from pairs order by key limit ?", [shown]).fetchall()
    return Comparison(
        left=sides[0],
        right=sides[1],
        columns_only_left=only[0],
        columns_only_right=only[1],
        columns=columns,
        key=key,
        equal_rows=equal_rows,
        only_left=only_left,
        only_right=only_right,
        pairs=pairs,
        unpaired_left=only_left - pairs,
        unpaired_right=only_right - pairs,
        by_column={columns[place - 1]: count for place, count in store.execute(BY_COLUMN).fetchall()},
        shown_pairs=[_pair(columns, places, left, right) for left, right in shown_pairs],
        shown_left=_unpaired(store, LEFT, shown),
        shown_right=_unpaired(store, RIGHT, shown),
    )


def _pair(columns: Sequence[str], places: Sequence[int], left: Row, right: Row) -> Pair:
    values = zip(columns, zip(left, right, strict=True), strict=True)
    return Pair(
        {columns[place]: left[place] for place in places}, {name: both for name, both in values if len({*both}) > 1}
    )


def _unpaired(store: Store, side: int, shown: int) -> list[Row]:
    return [tuple(row) for (row,) in store.execute(UNPAIRED, [side, shown]).fetchall()]
