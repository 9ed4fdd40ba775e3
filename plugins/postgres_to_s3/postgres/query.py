"""The text of the query that an export runs: the one statement of a script, its columns, order and rendering."""

from __future__ import annotations

from collections.abc import Sequence

from postgres_to_s3.columns import EXACT_NUMBERS, FRACTIONS, Column, summed_columns
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.options.csv_dialect import CsvDialect
from postgres_to_s3.postgres.lexemes import split_lexemes

BLANKS = " \t\n\r\f\v"


def single_query(sql: str) -> str:
    """The one statement in ``sql`` without its closing semicolon.

    :raises PermanentError: there is none, or more than one
    """
    statements = []
    start, is_blank = 0, True
    for kind, begin, end in split_lexemes(sql):
        if kind == "end":
            statements += [] if is_blank else [sql[start:begin]]
            start, is_blank = end, True
        elif kind not in ("blank", "comment"):
            is_blank = False
    statements += [] if is_blank else [sql[start:]]
    if len(statements) != 1:
        raise PermanentError(f"expected one query, found {len(statements)} statements")
    return statements[0].strip(BLANKS)


def without_rows(query: str) -> str:
    """The query with its columns but no row; run, it locks all that the query reads by name."""
    return f"select * from (\n{query}\n) as exported limit 0"


def totals_query(query: str, columns: Sequence[Column]) -> str:
    """The number of the query's rows, and the sum of each column of numbers as text."""
    places = summed_columns(columns).values()
    # The sum of real numbers depends on their order, that of their texts does not; and texts are what the files hold.
    texts = {place: "" if columns[place].base_type in EXACT_NUMBERS else "::text::numeric" for place in places}
    sums = [f"sum(c{place}{text})::text" for place, text in texts.items()]
    names = ", ".join(_placed(columns))
    return f"select {', '.join(['count(*)', *sums])} from (\n{query}\n) as exported ({names})"


def render_query(query: str, columns: Sequence[Column], dialect: CsvDialect) -> str:
    """The query whose values PostgreSQL writes as the dialect wants them; as it is where CSV's own rules do."""
    if not (dialect.decimal_comma or dialect.quote_text):
        return query
    names = _placed(columns)
    values = [
        f"replace({name}::text, '.', ',') as {name}"
        if dialect.decimal_comma and column.base_type in FRACTIONS
        else name
        for name, column in zip(names, columns, strict=True)
    ]
    return f"select {', '.join(values)} from (\n{query}\n) as rendered ({', '.join(names)})"


def _placed(columns: Sequence[Column]) -> list[str]:
    """Names by place: several columns may have one name."""
    return [f"c{place}" for place in range(len(columns))]
