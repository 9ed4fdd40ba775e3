"""Finds the rows in which two loaded sources differ, each row as often as it stands there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql

from local.comparison.loading import Connection, Loaded
from local.comparison.values import Kind, written_alike

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Pair:
    """A row on each side with the same key, and the columns in which they differ: name -> (left, right)."""

    key: Mapping[str, str | None]
    values: Mapping[str, tuple[str | None, str | None]]


@dataclass(frozen=True)
class Differences:
    """What is not the same on both sides.

    :param equal_rows: rows that stand on both sides
    :param only_left: rows that stand more often on the left: how many
    :param by_column: of the pairs with the same key, in how many a column differs
    :param pairs: such pairs, how many
    :param unpaired_left: rows of ``only_left`` without a partner of the same key
    :param shown_pairs: the first pairs by their keys
    :param shown_left: the first rows without a partner, in the order of the compared columns
    """

    columns: Sequence[str]
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


def find_differences(
    connection: Connection,
    left: Loaded,
    right: Loaded,
    kinds: Mapping[str, Kind],
    *,
    key: Sequence[str] = (),
    empty_is_null: bool = False,
    shown: int = 10,
) -> Differences:
    """Compare the columns of ``kinds`` as multisets of rows; the sources' tables are consumed.

    :param key: columns that tell which rows of the two sides belong together; without them rows are only counted
    :param empty_is_null: an empty text and NULL are the same
    :param shown: differing rows that are returned, at most
    """
    columns = list(kinds)
    for side, loaded in (("left", left), ("right", right)):
        _hash_rows(connection, side, loaded, kinds, empty_is_null=empty_is_null)
    equal = _number(connection, _COUNTED)
    for side, sign in (("left", 1), ("right", -1)):
        _pick_surplus(connection, side, sign)
    keys = [f"v{columns.index(name) + 1}" for name in key]
    _pair(connection, keys)
    values = [f"v{place}" for place in range(1, len(columns) + 1)]
    return Differences(
        columns=columns,
        equal_rows=equal,
        only_left=_number(connection, "select coalesce(sum(surplus), 0) from left_surplus"),
        only_right=_number(connection, "select coalesce(sum(surplus), 0) from right_surplus"),
        pairs=_number(connection, "select count(*) from pairs"),
        unpaired_left=_number(connection, _UNPAIRED["left"]),
        unpaired_right=_number(connection, _UNPAIRED["right"]),
        by_column=_by_column(connection, columns, values),
        shown_pairs=_shown_pairs(connection, columns, values, keys, shown),
        shown_left=_shown_rows(connection, "left", values, shown),
        shown_right=_shown_rows(connection, "right", values, shown),
    )


# For each row that exists: how often on the left, how often on the right.
_COUNTED = """
create unlogged table counted as
select row_hash, coalesce(l.copies, 0) as left_copies, coalesce(r.copies, 0) as right_copies
from (select row_hash, count(*) as copies from left_rows group by row_hash) as l
full join (select row_hash, count(*) as copies from right_rows group by row_hash) as r using (row_hash);
select coalesce(sum(least(left_copies, right_copies)), 0) from counted
"""
_UNPAIRED = {
    side: f"select coalesce(sum(surplus), 0) from {side}_surplus where row_hash not in (select {side}_hash from pairs)"
    for side in ("left", "right")
}


def _hash_rows(
    connection: Connection, side: str, loaded: Loaded, kinds: Mapping[str, Kind], *, empty_is_null: bool
) -> None:
    """Rows with equal values get equal hashes; the text of a row tells NULL from '' and where each value ends."""
    values = [
        written_alike(
            sql.Identifier(f"c{loaded.columns.index(name) + 1}"),
            kind,
            decimal_comma=loaded.decimal_comma,
            empty_is_null=empty_is_null,
        )
        for name, kind in kinds.items()
    ]
    named = [sql.SQL("{} as {}").format(value, sql.Identifier(f"v{n}")) for n, value in enumerate(values, start=1)]
    connection.execute(
        sql.SQL(
            "create unlogged table {rows} as select sha256(convert_to(row(alike.*)::text, 'UTF8')) as row_hash, alike.*"
            " from (select {values} from {loaded}) as alike"
        ).format(
            rows=sql.Identifier(f"{side}_rows"), values=sql.SQL(", ").join(named), loaded=sql.Identifier(loaded.table)
        )
    )
    connection.execute(sql.SQL("drop table {}").format(sql.Identifier(loaded.table)))


def _pick_surplus(connection: Connection, side: str, sign: int) -> None:
    """The rows that one side has more often, once each, with how much more often."""
    connection.execute(
        sql.SQL(
            "create unlogged table {surplus} as select distinct on (row_hash) rows.*,"
            " {sign} * (left_copies - right_copies) as surplus"
            " from {rows} as rows join counted using (row_hash) where {sign} * (left_copies - right_copies) > 0"
            " order by row_hash"
        ).format(surplus=sql.Identifier(f"{side}_surplus"), sign=sql.Literal(sign), rows=sql.Identifier(f"{side}_rows"))
    )
    connection.execute(sql.SQL("drop table {}").format(sql.Identifier(f"{side}_rows")))


def _pair(connection: Connection, keys: Sequence[str]) -> None:
    """Rows of both sides with the same key, where it stands once among the differing rows of either side."""
    fields = sql.SQL(", ").join(map(sql.Identifier, keys))
    unique = sql.SQL(
        "select (array_agg(row_hash))[1] as row_hash, {fields} from {surplus} group by {fields} having sum(surplus) = 1"
    )
    if not keys:
        connection.execute("create temporary table pairs (left_hash bytea, right_hash bytea)")
        return
    same = sql.SQL(" and ").join(
        sql.SQL("l.{0} is not distinct from r.{0}").format(sql.Identifier(name)) for name in keys
    )
    connection.execute(
        sql.SQL(
            "create temporary table pairs as select l.row_hash as left_hash, r.row_hash as right_hash"
            " from ({left}) as l join ({right}) as r on {same}"
        ).format(
            left=unique.format(fields=fields, surplus=sql.Identifier("left_surplus")),
            right=unique.format(fields=fields, surplus=sql.Identifier("right_surplus")),
            same=same,
        )
    )


_JOINED = sql.SQL(
    " from pairs join left_surplus as l on l.row_hash = left_hash join right_surplus as r on r.row_hash = right_hash"
)


def _by_column(connection: Connection, columns: Sequence[str], values: Sequence[str]) -> dict[str, int]:
    counts = sql.SQL(", ").join(
        sql.SQL("count(*) filter (where l.{0} is distinct from r.{0})").format(sql.Identifier(name)) for name in values
    )
    found = connection.execute(sql.SQL("select ") + counts + _JOINED).fetchone() or ()
    return {name: int(str(count)) for name, count in zip(columns, found, strict=True) if count}


def _shown_pairs(
    connection: Connection, columns: Sequence[str], values: Sequence[str], keys: Sequence[str], shown: int
) -> list[Pair]:
    if not keys:
        return []
    fields = [sql.Identifier(side, name) for side in ("l", "r") for name in values]
    order = sql.SQL(", ").join(sql.Identifier("l", name) for name in keys)
    query = sql.SQL("select {}").format(sql.SQL(", ").join(fields)) + _JOINED
    rows = connection.execute(query + sql.SQL(" order by {} limit {}").format(order, sql.Literal(shown))).fetchall()
    return [_as_pair(columns, values, keys, [None if text is None else str(text) for text in row]) for row in rows]


def _as_pair(columns: Sequence[str], values: Sequence[str], keys: Sequence[str], row: Sequence[str | None]) -> Pair:
    left = dict(zip(values, row[: len(values)], strict=True))
    right = dict(zip(values, row[len(values) :], strict=True))
    names = dict(zip(values, columns, strict=True))
    return Pair(
        {names[value]: left[value] for value in keys},
        {names[value]: (left[value], right[value]) for value in values if left[value] != right[value]},
    )


def _shown_rows(connection: Connection, side: str, values: Sequence[str], shown: int) -> list[Row]:
    fields = sql.SQL(", ").join(map(sql.Identifier, values))
    query = sql.SQL(
        "select {fields} from {surplus} where row_hash not in (select {hash} from pairs)"
        " order by {fields} limit {shown}"
    ).format(
        fields=fields,
        surplus=sql.Identifier(f"{side}_surplus"),
        hash=sql.Identifier(f"{side}_hash"),
        shown=sql.Literal(shown),
    )
    return [tuple(None if text is None else str(text) for text in row) for row in connection.execute(query)]


def _number(connection: Connection, query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        while cursor.nextset():
            pass
        row = cursor.fetchone()
    return int(str(row[0])) if row else 0
