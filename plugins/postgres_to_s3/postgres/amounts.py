"""Amounts of an export in SQL: an exact aggregate for each, and its text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from postgres_to_s3.columns import Column
from postgres_to_s3.options.amounts import Amount
from postgres_to_s3.postgres.session import Session


def amount_sums(session: Session, columns: Sequence[Column], amounts: Mapping[str, Amount]) -> list[str]:
    """An aggregate in SQL for each amount, as text; the columns are called ``c0``, ``c1`` and so on there."""
    names = [column.name for column in columns]
    places = {name: f"c{names.index(name)}" for amount in amounts.values() for name in amount.columns}
    return [
        f"coalesce(sum({_number(columns[names.index(amount.column)], places[amount.column], amount)})"
        f"{_filter(session, places, amount)}, 0)::text"
        for amount in amounts.values()
    ]


def amount_text(text: str) -> str:
    """A number with at least two decimals, and with more where these are not zero: ``119.0000`` is ``119.00``."""
    if not text[-1].isdigit():
        # Infinity and NaN are numbers, too.
        return text
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"


def _number(column: Column, place: str, amount: Amount) -> str:
    if column.is_exact_number:
        return place
    return f"replace({place}::text, ',', '.')::numeric" if amount.decimal_comma else f"{place}::numeric"


def _filter(session: Session, places: Mapping[str, str], amount: Amount) -> str:
    conditions = [
        f"{places[name]} is null" if text is None else f"{places[name]}::text = {session.quote_text(text)}"
        for name, text in amount.where.items()
    ]
    return f" filter (where {' and '.join(conditions)})" if conditions else ""
