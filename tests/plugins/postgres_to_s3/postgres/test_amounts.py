"""Amounts are exact, have two decimals or more, and never cost the export that they are of."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from postgres_to_s3.options.amounts import Amount
from postgres_to_s3.postgres.amounts import amount_text
from postgres_to_s3.postgres.rows import control_totals, describe
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.postgres.snapshot import begin_transaction

pytestmark = pytest.mark.postgres_version

LINES = """
select * from (values
    (40, '40', '1234,50', 119.0000000000000000, 0.1::float8),
    (50, '50', '0,01', 0.005, 0.2),
    (null, 'o''x', '-7', null, null),
    (40, '40', null, 99999999999999999999.99, 0.3)
) as lines (number, side, amount, gross, rate)
"""


def amounts_of(session: Session, query: str = LINES, **amounts: Amount) -> Mapping[str, str | None]:
    begin_transaction(session)
    return control_totals(session, query, describe(session, query), amounts=amounts).amounts


def test_a_column_of_numbers_is_added_up_exactly(session: Session) -> None:
    assert amounts_of(session, gross=Amount("gross"), rate=Amount("rate"), number=Amount("number")) == {
        "gross": "100000000000000000118.995",
        "rate": "0.60",
        "number": "130.00",
    }


def test_texts_with_a_decimal_comma_are_numbers(session: Session) -> None:
    assert amounts_of(session, all=Amount("amount", decimal_comma=True)) == {"all": "1227.51"}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param({"side": "40"}, "1234.50", id="a-text"),
        pytest.param({"number": "50"}, "0.01", id="a-number"),
        pytest.param({"number": None}, "-7.00", id="missing"),
        pytest.param({"side": "o'x"}, "-7.00", id="a-quote"),
        pytest.param({"side": "40", "amount": None}, "0.00", id="no-value"),
        pytest.param({"side": "41"}, "0.00", id="no-row"),
    ],
)
def test_an_amount_may_be_of_some_rows(session: Session, where: dict[str, str | None], expected: str) -> None:
    assert amounts_of(session, some=Amount("amount", where, decimal_comma=True)) == {"some": expected}


def test_without_rows_an_amount_is_zero(session: Session) -> None:
    assert amounts_of(session, "select 1 as a where false", a=Amount("a")) == {"a": "0.00"}


def test_texts_that_are_no_numbers_leave_the_amounts_unknown_and_the_sums_as_they_are(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    query = "select 5 as id, '1.234,50' as amount"
    begin_transaction(session)

    amounts = {"debit": Amount("amount", decimal_comma=True), "id": Amount("id")}
    totals = control_totals(session, query, describe(session, query), amounts=amounts)

    assert (totals.rows, totals.sums, totals.amounts) == (1, {"id": "5"}, {"debit": None, "id": None})
    assert 'The amounts of the export are unknown: invalid input syntax for type numeric: "1.234.50"' in caplog.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("119.0000000000000000", "119.00"),
        ("7", "7.00"),
        ("-0.5", "-0.50"),
        ("0.1250", "0.125"),
        ("100", "100.00"),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
    ],
)
def test_a_number_has_two_decimals_or_more_where_they_say_something(text: str, expected: str) -> None:
    assert amount_text(text) == expected
