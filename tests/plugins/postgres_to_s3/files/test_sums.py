"""Sums and amounts hold every digit of the text in the files, and no text that is no number."""

from __future__ import annotations

import tracemalloc
from collections.abc import Mapping
from decimal import Decimal, localcontext
from typing import Any

import pyarrow as pa
import pytest

from postgres_to_s3.columns import Column
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.files import csv_reader
from postgres_to_s3.files.csv_totals import CsvTotals, amount_texts, sum_problems
from postgres_to_s3.options.amounts import Amount
from postgres_to_s3.options.csv_dialect import CsvDialect
from tests.support.export_runner import ExportRunner

COLUMNS = tuple(
    Column(name, kind)
    for name, kind in {
        "number": "integer",
        "side": "text",
        "amount": "text",
        "gross": "numeric",
        "rate": "real",
        "flag": "boolean",
    }.items()
)
LINES = b"""\
40,40,"1234,50",119.0000000000000000,18011784,t
50,50,"0,01",0.005,-0.1,f
,o'x,-7,,,t
40,40,,99999999999999999999.99,1e-07,
"""


def amounts_of(content: bytes = LINES, dialect: Mapping[str, Any] | None = None, **amounts: Amount) -> Any:
    totals = CsvTotals(COLUMNS, CsvDialect(header=False, **(dialect or {})), amounts)
    totals.add(content)
    return amount_texts(totals, amounts)


def total_of(kind: str, *texts: str, **dialect: Any) -> CsvTotals:
    totals = CsvTotals([Column("amount", kind)], CsvDialect(header=False, **dialect))
    totals.add("".join(f"{text}\n" for text in texts).encode())
    return totals


@pytest.mark.parametrize("kind", ["numeric(20,2)", "numeric", "numeric(60,40)", "double precision"])
@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        pytest.param([], None, id="no-row"),
        pytest.param(["", ""], None, id="only-null"),
        pytest.param(["", "1.50"], "1.5", id="null-does-not-count"),
        pytest.param(['"0.1"', '"0.2"'], "0.30", id="quoted"),
        pytest.param(["9" * 60 + ".01", "0.01"], "9" * 60 + ".02", id="as-long-as-it-takes"),
        pytest.param(["9" * 30] * 500, str(500 * (10**30 - 1)), id="a-sum-of-more-digits-than-arrow-has-by-itself"),
        pytest.param(
            ["1e+20", "1.5e-07", "-2e-40"],
            "100000000000000000000." + "1499999999".zfill(16) + "9" * 23 + "8",
            id="exponents",
        ),
        pytest.param(["NaN", "1"], "NaN", id="not-a-number"),
        pytest.param(["Infinity", "1"], "Infinity", id="infinite"),
        pytest.param(["Infinity", "-Infinity"], "NaN", id="both-infinite"),
    ],
)
def test_sums_are_those_of_postgresql(kind: str, texts: list[str], expected: str | None) -> None:
    assert sum_problems({"amount": expected}, total_of(kind, *texts)) == []


@pytest.mark.parametrize("kind", ["numeric(400,2)", "numeric(400,300)", "numeric", "double precision", "text"])
@pytest.mark.parametrize(
    "text", ["1.157920892373162e+57", "7." + "0" * 300, "1" + "0" * 150, "1" + "0" * 9000, "-1e+307"]
)
def test_texts_that_arrow_would_wrap_are_summed_exactly(kind: str, text: str) -> None:
    columns = [Column("amount", kind)]
    amounts = {"a": Amount("amount")}
    totals = CsvTotals(columns, CsvDialect(header=False), amounts)
    totals.add(f"{text}\n0.5\n".encode())

    with localcontext(prec=10_000):
        assert Decimal(amount_texts(totals, amounts)["a"] or "") == Decimal(text) + Decimal("0.5")


def test_the_text_of_null_is_in_the_encoding_of_the_file() -> None:
    totals = total_of("numeric(10,2)", encoding="win1252", null="–")
    totals.add("1.50\n–\n".encode("cp1252"))

    assert sum_problems({"amount": "1.50"}, totals) == []


def test_a_text_with_a_line_break_is_found_wherever_a_block_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", 64)
    rows = b'1,"a\r\nb","\r",,,\n'
    amounts = {"x": Amount("number", {"side": "a\r\nb"})}

    assert [amounts_of(b"0,y,,,,\n" * shift + rows * 50, **amounts) for shift in range(10)] == [{"x": "50.00"}] * 10


def test_one_value_that_is_no_decimal_costs_little_memory() -> None:
    before = pa.total_allocated_bytes()
    tracemalloc.start()

    totals = total_of("double precision", "NaN", *["1"] * 500_000)

    assert str(totals.sums["amount"].value) == "NaN"
    assert tracemalloc.get_traced_memory()[1] < 40 * 1024 * 1024
    tracemalloc.stop()
    assert pa.total_allocated_bytes() - before < 10 * 1024 * 1024


@pytest.mark.parametrize("kind", ["smallint", "integer", "bigint"])
def test_sums_of_integers_do_not_overflow(kind: str) -> None:
    assert sum_problems({"amount": "27670116110564327421"}, total_of(kind, *["9223372036854775807"] * 3)) == []


@pytest.mark.parametrize(
    ("texts", "found"), [(["1.51"], "1.51"), ([""], "None"), (["1.50", "x", '"1,5"'], "2 values that are not numbers")]
)
def test_another_sum_is_a_problem(texts: list[str], found: str) -> None:
    assert sum_problems({"amount": "1.50"}, total_of("numeric(20,2)", *texts)) == [
        f"expected 1.50 as the sum of column 'amount', found {found}"
    ]


def test_a_decimal_point_is_no_number_where_numbers_have_a_comma() -> None:
    dialect = {"decimal_comma": True, "delimiter": ";"}

    assert sum_problems({"amount": "3.75"}, total_of("numeric", "1,50", "2,25", **dialect)) == []
    assert sum_problems({"amount": "1.50"}, total_of("numeric", "1.50", **dialect)) == [
        "expected 1.50 as the sum of column 'amount', found 1 values that are not numbers"
    ]


def test_an_amount_is_exact(caplog: pytest.LogCaptureFixture) -> None:
    assert amounts_of(gross=Amount("gross"), rate=Amount("rate"), number=Amount("number")) == {
        "gross": "100000000000000000118.995",
        "rate": "18011783.9000001",
        "number": "130.00",
    }
    assert caplog.text == ""


def test_texts_with_a_decimal_comma_are_numbers() -> None:
    assert amounts_of(all=Amount("amount", decimal_comma=True)) == {"all": "1227.51"}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        pytest.param({"side": "40"}, "1234.50", id="a-text"),
        pytest.param({"number": "50"}, "0.01", id="a-number"),
        pytest.param({"number": None}, "-7.00", id="missing"),
        pytest.param({"side": "o'x"}, "-7.00", id="a-quote"),
        pytest.param({"side": "40", "amount": None}, "0.00", id="no-value"),
        pytest.param({"side": "41"}, "0.00", id="no-row"),
        pytest.param({"flag": "t"}, "1227.50", id="a-boolean-as-the-file-has-it"),
        pytest.param({"flag": "true"}, "0.00", id="a-boolean-as-the-file-does-not-have-it"),
        pytest.param({"gross": "0.005"}, "0.01", id="a-decimal"),
    ],
)
def test_an_amount_may_be_of_some_rows(where: dict[str, str | None], expected: str) -> None:
    assert amounts_of(some=Amount("amount", where, decimal_comma=True)) == {"some": expected}


def test_what_is_compared_with_is_written_in_the_encoding_of_the_file() -> None:
    where = {"side": "Müller"}
    latin = {"encoding": "win1252"}

    assert amounts_of("1,Müller,2,3,4,t\n".encode("cp1252"), latin, a=Amount("gross", where)) == {"a": "3.00"}
    with pytest.raises(PermanentError, match="the letter 'Ł' of 'Łódź' does not exist in the encoding 'win1252'"):
        amounts_of(dialect=latin, a=Amount("gross", {"side": "Łódź"}))


def test_without_rows_an_amount_is_zero() -> None:
    assert amounts_of(b"", a=Amount("gross")) == {"a": "0.00"}


@pytest.mark.parametrize("text", ["1.234", "1.234,50", "1,2,3", "x", "", "1e99999", " 1", "0x1", "1_0"])
def test_a_text_that_is_no_number_leaves_the_amount_unknown_and_the_others_as_they_are(
    text: str, caplog: pytest.LogCaptureFixture
) -> None:
    amounts = {"debit": Amount("amount", decimal_comma=True), "id": Amount("number")}

    assert amounts_of(f'5,40,"{text}",,,\n'.encode(), **amounts) == {"debit": None, "id": "5.00"}
    assert "column 'amount' holds texts that are not numbers with a decimal comma (1 of them)" in caplog.text


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
def test_an_amount_has_two_decimals_or_more_where_they_say_something(text: str, expected: str) -> None:
    assert amounts_of(f",,,{text},,\n".encode(), a=Amount("gross")) == {"a": expected}


def test_the_amounts_of_an_export_are_those_of_its_files(exports: ExportRunner) -> None:
    sql = "select 0.1::real as rate, '7,5' as text, true as flag from generate_series(1, 3) as row"
    amounts = {
        "rate": "rate",
        "text": {"column": "text", "where": {"flag": "t", "rate": "0,1"}, "decimal_comma": True},
    }

    summary = exports.run(sql=sql, dialect="excel-de", max_rows_per_file=2, amounts=amounts)

    assert summary["amounts"] == exports.manifest()["amounts"] == {"rate": "0.30", "text": "22.50"}
    assert exports.manifest()["sums"] == {"rate": "0.3"}
