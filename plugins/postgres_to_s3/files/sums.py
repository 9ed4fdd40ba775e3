"""Adds up a column of text exactly, over all rows or over some of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, localcontext

import pyarrow as pa
from pyarrow import compute

from postgres_to_s3.columns import Column, summed_columns
from postgres_to_s3.options.amounts import Amount
from postgres_to_s3.options.csv_dialect import CsvDialect

# No sum is rounded. PostgreSQL's numbers can be NaN or infinite, so those are no errors here.
EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
# The numbers that PostgreSQL writes. A longer exponent would make a sum of any length.
NUMBER = r"^([-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?|NaN|-?Infinity)$"
# Arrow's sums overflow silently at 38 and 76 digits. Ten digits are kept free: more rows than memory holds.
DIGITS, WIDE_DIGITS = 28, 66
# Enough for most values of types that do not limit their decimals.
USUAL_DECIMALS = 20


class Sum:
    """The exact sum of a column over the rows that match ``where``.

    :param place: the column's position, from 0 on
    :param where: the text that a row must have in the columns at these positions; None stands for NULL
    :param decimals: the most decimals that a value can have; None if its type does not limit them
    :param decimal_comma: values are written like ``1234,50``
    """

    def __init__(
        self, place: int, where: Mapping[int, pa.Scalar | None], decimals: int | None, *, decimal_comma: bool
    ) -> None:
        # None as long as all values are NULL.
        self.value: Decimal | None = None
        # The number of texts that are not numbers.
        self.others = 0
        self._place = str(place)
        self._where = {str(each): text for each, text in where.items()}
        wide = decimals is None or decimals > DIGITS
        self._type = pa.decimal256(WIDE_DIGITS, USUAL_DECIMALS) if wide else pa.decimal128(DIGITS, decimals)
        self._decimal_comma = decimal_comma
        # The type to read each column as, by its position. Arrow's CSV reader has no decimals of 76 digits.
        self.types = {place: pa.string() if wide else self._type, **dict.fromkeys(where, pa.string())}

    def add(self, rows: pa.Table) -> None:
        """Add the values of these rows.

        :param rows: columns of the ``types`` asked for, or of text, named by their positions
        """
        for place, text in self._where.items():
            column = rows[place]
            rows = rows.filter(compute.is_null(column) if text is None else compute.equal(column, text))
        values = rows[self._place]
        if values.null_count < len(values):
            total = self._total_of_texts(values) if values.type == pa.string() else compute.sum(values).as_py()
            self.value = exact_total([self.value, total])

    def _total_of_texts(self, texts: pa.ChunkedArray) -> Decimal | None:
        if self._decimal_comma:
            # A decimal point must not become a number.
            texts = compute.replace_substring(compute.replace_substring(texts, ".", "?"), ",", ".")
        try:
            # The cast is exact, or raises.
            total: Decimal = compute.sum(compute.cast(texts, self._type)).as_py()
        except pa.ArrowInvalid:
            are_numbers = compute.match_substring_regex(texts, NUMBER)
            numbers = texts.filter(are_numbers)
            self.others += len(texts) - texts.null_count - len(numbers)
            return exact_total(map(Decimal, numbers.to_pylist()))
        return total


def exact_total(values: Iterable[Decimal | None]) -> Decimal | None:
    """Add up the values exactly; return None if there are none."""
    found = [value for value in values if value is not None]
    with localcontext(EXACT):
        return sum(found, Decimal(0)) if found else None


def control_sums(columns: Sequence[Column], dialect: CsvDialect) -> dict[str, Sum]:
    """Return a sum for each column of numbers, by its distinct name."""
    places = summed_columns(columns)
    comma = dialect.decimal_comma
    return {name: Sum(place, {}, columns[place].decimals, decimal_comma=comma) for name, place in places.items()}


def amount_sums(columns: Sequence[Column], dialect: CsvDialect, amounts: Mapping[str, Amount]) -> dict[str, Sum]:
    """Return a sum for each amount, by its name.

    :param amounts: their columns exist; a name that several columns share means the first of them
    :raises PermanentError: the encoding cannot write a text to compare with
    """
    place = [column.name for column in columns].index

    def as_written(text: str) -> pa.Scalar:
        # Arrow compares bytes, but accepts only UTF-8 as text.
        return pa.array([dialect.encode(text)], pa.binary()).view(pa.string())[0]

    return {
        name: Sum(
            place(amount.column),
            {place(other): None if text is None else as_written(text) for other, text in amount.where.items()},
            (column := columns[place(amount.column)]).decimals,
            decimal_comma=dialect.decimal_comma if column.is_number else amount.decimal_comma,
        )
        for name, amount in amounts.items()
    }
