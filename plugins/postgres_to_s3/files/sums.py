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
DIGITS = 28
WIDE = pa.decimal256(66, 20)
# So does its cast from text, if the text is long or has an exponent that makes it so.
SAFE_LENGTH = 46
LONG_EXPONENT = r"[eE]\+?[0-9]{2}"
# Python's decimals are added up in slices, which bounds their memory.
SLICE_ROWS = 10_000


class Sum:
    """The exact sum of a column over the rows that match ``where``.

    :param place: the column's position, from 0 on
    :param where: the text that a row must have in the columns at these positions; None stands for NULL
    :param digits: the most digits that a value can have before and after the point; None if its type sets no limit
    :param decimal_comma: values are written like ``1234,50``
    """

    def __init__(
        self,
        place: int,
        where: Mapping[int, pa.Scalar | None],
        digits: tuple[int, int] | None,
        *,
        decimal_comma: bool,
    ) -> None:
        # None as long as all values are NULL.
        self.value: Decimal | None = None
        # The number of texts that are not numbers.
        self.others = 0
        self._place = str(place)
        self._where = {str(each): text for each, text in where.items()}
        self._decimal_comma = decimal_comma
        is_short = digits is not None and sum(digits) <= DIGITS
        kind = pa.decimal128(DIGITS, digits[1]) if digits and is_short else pa.string()
        # The type to read each column as, by its position.
        self.types = {place: kind, **dict.fromkeys(where, pa.string())}

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
        is_long = compute.max(compute.binary_length(texts)).as_py() > SAFE_LENGTH
        if is_long or compute.any(compute.match_substring_regex(texts, LONG_EXPONENT)).as_py():
            return self._slow_total(texts)
        try:
            # Of texts that are short enough the cast is exact, or raises.
            total: Decimal = compute.sum(compute.cast(texts, WIDE)).as_py()
        except pa.ArrowInvalid:
            return self._slow_total(texts)
        return total

    def _slow_total(self, texts: pa.ChunkedArray) -> Decimal | None:
        numbers = texts.filter(compute.match_substring_regex(texts, NUMBER))
        self.others += len(texts) - texts.null_count - len(numbers)
        total = None
        for start in range(0, len(numbers), SLICE_ROWS):
            values = map(Decimal, numbers.slice(start, SLICE_ROWS).to_pylist())
            total = exact_total([total, exact_total(values)])
        return total

    def fold(self, other: Sum) -> None:
        """Add the sum of further rows."""
        self.value = exact_total([self.value, other.value])
        self.others += other.others


def exact_total(values: Iterable[Decimal | None]) -> Decimal | None:
    """Add up the values exactly; return None if there are none."""
    found = [value for value in values if value is not None]
    with localcontext(EXACT):
        return sum(found, Decimal(0)) if found else None


def control_sums(columns: Sequence[Column], dialect: CsvDialect) -> dict[str, Sum]:
    """Return a sum for each column of numbers, by its distinct name."""
    places = summed_columns(columns)
    comma = dialect.decimal_comma
    return {name: Sum(place, {}, columns[place].digits, decimal_comma=comma) for name, place in places.items()}


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
            (column := columns[place(amount.column)]).digits,
            decimal_comma=dialect.decimal_comma if column.is_number else amount.decimal_comma,
        )
        for name, amount in amounts.items()
    }
