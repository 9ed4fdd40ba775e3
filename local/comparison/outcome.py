"""What a comparison says, to people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Side:
    """A side of a comparison, and how many rows it has."""

    name: str
    rows: int


@dataclass(frozen=True)
class Pair:
    """A row on each side with the same key, and the columns in which they differ: name -> (left, right)."""

    key: Mapping[str, str | None]
    values: Mapping[str, tuple[str | None, str | None]]


@dataclass(frozen=True)
class Comparison:
    """What is the same on both sides, and what is not.

    :param columns: the compared columns
    :param key: columns by which rows were paired
    :param equal_rows: rows that stand on both sides
    :param only_left: rows that stand more often on the left: how many
    :param pairs: pairs of differing rows with the same key, how many
    :param unpaired_left: rows of ``only_left`` without a partner of the same key
    :param by_column: in how many pairs a column differs
    :param shown_pairs: the first pairs by their keys
    :param shown_left: the first rows without a partner, in the order of the compared columns
    """

    left: Side
    right: Side
    columns_only_left: Sequence[str]
    columns_only_right: Sequence[str]
    columns: Sequence[str]
    key: Sequence[str]
    equal_rows: int
    only_left: int
    only_right: int
    pairs: int
    unpaired_left: int
    unpaired_right: int
    by_column: Mapping[str, int]
    shown_pairs: Sequence[Pair]
    shown_left: Sequence[Row]
    shown_right: Sequence[Row]

    @property
    def is_same(self) -> bool:
        """Whether both sides hold the same columns and the same rows, each as often."""
        return not (self.columns_only_left or self.columns_only_right or self.only_left or self.only_right)


def as_text(comparison: Comparison) -> str:
    """Return the outcome, and where the sides differ: by column, then the first rows."""
    lines = [
        *_missing(comparison),
        f"{comparison.equal_rows:,} rows are the same in {len(comparison.columns)} columns; "
        f"only left: {comparison.only_left:,}, only right: {comparison.only_right:,}.",
    ]
    if comparison.only_left or comparison.only_right:
        lines += [*_pairs(comparison), *_unpaired("left", comparison.unpaired_left, comparison.shown_left, comparison)]
        lines += _unpaired("right", comparison.unpaired_right, comparison.shown_right, comparison)
        if not comparison.key:
            lines.append("Name the columns that identify a row (--key) to see which columns differ.")
    return "\n".join([*lines, "SAME" if comparison.is_same else "DIFFERENT"])


def as_json(comparison: Comparison) -> str:
    """Return the outcome for programs, with a stable order."""
    return json.dumps({"same": comparison.is_same, **asdict(comparison)}, indent=2, ensure_ascii=False)


def _missing(comparison: Comparison) -> Iterator[str]:
    for side, names in (("left", comparison.columns_only_left), ("right", comparison.columns_only_right)):
        if names:
            yield f"Columns only {side}: {', '.join(names)}."


def _pairs(comparison: Comparison) -> Iterator[str]:
    if not comparison.pairs:
        return
    yield f"{comparison.pairs:,} rows have a partner of the same key. They differ in:"
    width = max(map(len, comparison.by_column))
    for name, count in sorted(comparison.by_column.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {name:<{width}}  {count:,}"
    for pair in comparison.shown_pairs:
        yield f"  {_named(pair.key)}: " + "; ".join(
            f"{name} left {_shown(left)}, right {_shown(right)}" for name, (left, right) in pair.values.items()
        )


def _unpaired(side: str, count: int, rows: Sequence[Row], comparison: Comparison) -> Iterator[str]:
    if not count:
        return
    without = " without a partner" if comparison.pairs else ""
    yield f"{count:,} rows only {side}{without}:" + (f" (the first {len(rows)})" if count > len(rows) else "")
    for row in rows:
        yield f"  {_named(dict(zip(comparison.columns, row, strict=True)))}"


def _named(values: Mapping[str, str | None]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items() if value is not None) or "only NULL"


def _shown(value: str | None) -> str:
    return "NULL" if value is None else repr(value)
