"""Adds up the text of a column, in all rows or in some of them, with every digit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal, localcontext

import pyarrow as pa
from pyarrow import compute

from postgres_to_s3.columns import Column, summed_columns
from postgres_to_s3.options.amounts import Amount
from postgres_to_s3.options.csv_dialect import CsvDialect

# No sum is rounded; PostgreSQL's numbers may be NaN or infinite, which is no error here either.
EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
# As PostgreSQL writes and reads them; an exponent of more digits would stand for a number of any length.
NUMBER = r"^([-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,4})?|NaN|-?Infinity)$"
# Arrow's sums overflow without a word, at 38 and 76 digits: ten are left, for more rows than memory holds.
DIGITS, WIDE_DIGITS = 28, 66
# Where the type does not say how many decimals its values have, few have more.
USUAL_DECIMALS = 20


class Sum:
    """The exact sum of the texts of a column; the rows that it is of are those that ``where`` picks.

    :param place: of the column, from 0 on
    :param where: rows in which the columns at these places have these texts; None stands for NULL
    :param decimals: how many each value has at most; None where its type does not say
    :param decimal_comma: they are written like ``1234,50``
    """

    def __init__(
        self, place: int, where: Mapping[int, pa.Scalar | None], decimals: int | None, *, decimal_comma: bool
    ) -> None:
        # None while all values are NULL.
        self.value: Decimal | None = None
        # How many texts are no numbers.
        self.others = 0
        self._place = str(place)
        self._where = {str(each): text for each, text in where.items()}
        wide = decimals is None or decimals > DIGITS
        self._type = pa.decimal256(WIDE_DIGITS, USUAL_DECIMALS) if wide else pa.decimal128(DIGITS, decimals)
        self._decimal_comma = decimal_comma
        # What the columns are to be read as, by their places; Arrow's CSV has no numbers of so many digits.
        self.types = {place: pa.string() if wide else self._type, **dict.fromkeys(where, pa.string())}

    def add(self, rows: pa.Table) -> None:
        """Add the column's values in these rows, in which columns are called by their places.

        :param rows: the columns as ``types`` asks for them, or as text
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
            # A decimal point is none there.
            texts = compute.replace_substring(compute.replace_substring(texts, ".", "?"), ",", ".")
        try:
            # Exact, or an error.
            total: Decimal = compute.sum(compute.cast(texts, self._type)).as_py()
        except pa.ArrowInvalid:
            are_numbers = compute.match_substring_regex(texts, NUMBER)
            numbers = texts.filter(are_numbers)
            self.others += len(texts) - texts.null_count - len(numbers)
            return exact_total(map(Decimal, numbers.to_pylist()))
        return total


def exact_total(values: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of the values; None if there are none."""
    found = [value for value in values if value is not None]
    with localcontext(EXACT):
        return sum(found, Decimal(0)) if found else None


def control_sums(columns: Sequence[Column], dialect: CsvDialect) -> dict[str, Sum]:
    """The sum of each column of numbers, by its distinct name."""
    places = summed_columns(columns)
    comma = dialect.decimal_comma
    return {name: Sum(place, {}, columns[place].decimals, decimal_comma=comma) for name, place in places.items()}


def amount_sums(columns: Sequence[Column], dialect: CsvDialect, amounts: Mapping[str, Amount]) -> dict[str, Sum]:
    """The sum of each amount, by its name.

    :param amounts: of columns that exist; of several of one name the first one is meant
    :raises PermanentError: a text to compare with cannot be written in the encoding
    """
    place = [column.name for column in columns].index

    def as_written(text: str) -> pa.Scalar:
        # Arrow compares bytes; texts in other encodings than UTF-8 are no texts to it.
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
