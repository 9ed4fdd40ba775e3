"""What a comparison says, to people and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from local.comparison.compare import Comparison
from local.comparison.differences import Differences, Row


def as_text(comparison: Comparison) -> str:
    """The outcome, and where the sides differ: by column, then the first rows."""
    found = comparison.differences
    lines = [
        *_missing(comparison),
        f"{found.equal_rows:,} rows are the same in {len(found.columns)} columns; "
        f"only left: {found.only_left:,}, only right: {found.only_right:,}.",
    ]
    if found.only_left or found.only_right:
        lines += [*_pairs(found), *_unpaired("left", found.unpaired_left, found.shown_left, found)]
        lines += _unpaired("right", found.unpaired_right, found.shown_right, found)
        if not comparison.has_key:
            lines.append("Name the columns that identify a row (--key) to see which columns differ.")
    lines.append("SAME" if comparison.is_same else "DIFFERENT")
    return "\n".join(lines)


def as_json(comparison: Comparison) -> str:
    """The outcome for programs, with a stable order."""
    found = comparison.differences
    document = {
        "same": comparison.is_same,
        "left": {"name": comparison.left.name, "rows": comparison.left.rows},
        "right": {"name": comparison.right.name, "rows": comparison.right.rows},
        "columns_only_left": list(comparison.only_left),
        "columns_only_right": list(comparison.only_right),
        **asdict(found),
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def _missing(comparison: Comparison) -> Iterator[str]:
    for side, names in (("left", comparison.only_left), ("right", comparison.only_right)):
        if names:
            yield f"Columns only {side}: {', '.join(names)}."


def _pairs(found: Differences) -> Iterator[str]:
    if not found.pairs:
        return
    yield f"{found.pairs:,} rows have a partner of the same key. They differ in:"
    width = max(map(len, found.by_column))
    for name, count in sorted(found.by_column.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {name:<{width}}  {count:,}"
    for pair in found.shown_pairs:
        yield f"  {_named(pair.key)}: " + "; ".join(
            f"{name} left {_shown(left)}, right {_shown(right)}" for name, (left, right) in pair.values.items()
        )


def _unpaired(side: str, count: int, rows: Sequence[Row], found: Differences) -> Iterator[str]:
    if not count:
        return
    without = " without a partner" if found.pairs else ""
    yield f"{count:,} rows only {side}{without}:" + (f" (the first {len(rows)})" if count > len(rows) else "")
    for row in rows:
        yield f"  {_named(dict(zip(found.columns, row, strict=True)))}"


def _named(values: Mapping[str, str | None]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items() if value is not None) or "only NULL"


def _shown(value: str | None) -> str:
    return "NULL" if value is None else repr(value)
