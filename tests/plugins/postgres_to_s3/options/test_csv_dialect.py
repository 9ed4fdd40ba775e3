"""CSV dialects, as bytes in the bucket: presets, single overrides, encodings, and which marks are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from postgres_to_s3.options.csv_dialect import PRESETS, RFC4180, CsvDialect
from tests.support.export_runner import PREFIX, ExportRunner, use_driver

# A number, a text with every mark, an empty text, NULL, a date, a float, a truth, and a line break in a value.
ROWS = """
select 1234.50::numeric(10, 2) as "Betrag", 'Müller; "A, B"' as kunde, ''::text as leer, null::text as nichts,
    date '2026-01-31' as tag, 1.5::float8 as quote, true as gilt
union all
select -0.20, E'zwei\\nZeilen', 'x', 'y', null, null, false
"""


def exported(exports: ExportRunner, **arguments: Any) -> bytes:
    exports.run(**({"sql": ROWS} | arguments))
    return exports.bucket.read(f"{PREFIX}_0000.csv")


def test_the_default_is_rfc_4180_with_line_feeds(exports: ExportRunner) -> None:
    assert exported(exports).decode() == (
        "Betrag,kunde,leer,nichts,tag,quote,gilt\n"
        '1234.50,"Müller; ""A, B""","",,2026-01-31,1.5,t\n'
        '-0.20,"zwei\nZeilen",x,y,,,f\n'
    )


EXCEL_DE = (
    '"Betrag";"kunde";"leer";"nichts";"tag";"quote";"gilt"\r\n'
    '1234,50;"Müller; ""A, B""";"";;2026-01-31;1,5;t\r\n'
    '-0,20;"zwei\nZeilen";"x";"y";;;f\r\n'
)


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_excel_de_opens_in_a_german_excel(exports: ExportRunner, monkeypatch: pytest.MonkeyPatch, driver: str) -> None:
    use_driver(monkeypatch, driver)

    assert exported(exports, dialect="excel-de") == b"\xef\xbb\xbf" + EXCEL_DE.encode()


def test_each_file_of_a_dialect_begins_alike(exports: ExportRunner) -> None:
    exports.run(sql=ROWS, dialect="excel-de", max_rows_per_file=1)

    assert all(
        exports.bucket.read(key).startswith(b'\xef\xbb\xbf"Betrag";')
        for key in exports.bucket.keys()
        if key.endswith(".csv")
    )
    assert exports.manifest()["sums"] == {"Betrag": "1234.30", "quote": "1.5"}
    assert exports.manifest()["csv"] == {
        "delimiter": ";",
        "quote": '"',
        "null": "",
        "encoding": "utf8",
        "decimal_comma": True,
        "header": True,
        "line_end": "\r\n",
        "bom": True,
        "quote_text": True,
    }


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param({"delimiter": "|"}, b"a|b|c\n1.50|x y,z|\n", id="delimiter"),
        pytest.param({"delimiter": "\\t"}, b"a\tb\tc\n1.50\tx y,z\t\n", id="tab"),
        pytest.param({"quote": "'"}, b"a,b,c\n1.50,'x y,z',\n", id="quote"),
        pytest.param({"null": "NULL"}, b'a,b,c\n1.50,"x y,z",NULL\n', id="null"),
        pytest.param({"header": False}, b'1.50,"x y,z",\n', id="no-header"),
        pytest.param({"header": "false"}, b'1.50,"x y,z",\n', id="no-header-as-text"),
        pytest.param({"delimiter": ";", "decimal_comma": True}, b"a;b;c\n1,50;x y,z;\n", id="decimal-comma"),
        pytest.param({"delimiter": "'", "quote": "\\t"}, b"a'b'c\n1.50'x y,z'\n", id="marks-that-sql-must-quote"),
        pytest.param({"dialect": "excel-de", "header": False}, b'\xef\xbb\xbf1,50;"x y,z";\r\n', id="mark-stays"),
        pytest.param({"dialect": "excel-de", "decimal_comma": False, "encoding": "win1252"},
                     b'"a";"b";"c"\r\n1.50;"x y,z";\r\n', id="no-mark-without-utf-8"),
    ],
)  # fmt: skip
def test_a_part_of_a_dialect_can_be_replaced(exports: ExportRunner, arguments: dict[str, Any], expected: bytes) -> None:
    assert exported(exports, sql="select 1.50 as a, 'x y,z' as b, null as c", **arguments) == expected


@pytest.mark.parametrize(("encoding", "charset"), [("latin1", "iso-8859-1"), ("WIN1252", "windows-1252")])
def test_names_and_values_are_in_the_encoding(exports: ExportRunner, encoding: str, charset: str) -> None:
    content = exported(exports, sql="select 'Grüße' as \"Straße\"", encoding=encoding)

    assert content == "Straße\nGrüße\n".encode("cp1252")
    head = exports.bucket.client.head_object(Bucket=exports.bucket.name, Key=f"{PREFIX}_0000.csv")
    assert head["ContentType"] == f"text/csv; charset={charset}"


def test_a_value_that_does_not_fit_the_encoding_fails_at_once(exports: ExportRunner) -> None:
    exports.run(sql="select 1 as kept")
    kept = exports.objects()

    with pytest.raises(AirflowFailException, match=r'"UTF8" has no equivalent in encoding "LATIN1"'):
        exports.run(sql="select 'Łódź' as city", encoding="latin1")

    assert exports.objects() == kept
    assert exports.bucket.open_uploads() == []


def test_a_name_that_does_not_fit_the_encoding_fails_at_once(exports: ExportRunner) -> None:
    with pytest.raises(AirflowFailException, match=r"'Ł' of 'Łódź' .* 'latin1'"):
        exports.run(sql='select 1 as "Łódź"', encoding="latin1")


def test_columns_of_the_same_name_can_be_rendered(exports: ExportRunner) -> None:
    sql = "select 1.5 as a, 'x' as a"

    assert exported(exports, sql=sql, dialect="excel-de").endswith(b'"a";"a"\r\n1,5;"x"\r\n')


@pytest.mark.parametrize("null", ["", "NULL", "-", "n/a", ".", "nano"])
def test_a_text_of_null_that_is_no_number_is_fine(null: str) -> None:
    assert CsvDialect(null=null).problems() == []


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_presets_have_no_problem(preset: CsvDialect) -> None:
    assert preset.problems() == []


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("delimiter", "", "must be one visible ASCII character, a blank or a tab, found ''"),
        ("delimiter", ";;", "must be one visible ASCII character, a blank or a tab, found ';;'"),
        ("delimiter", "\n", "must be one visible ASCII character, a blank or a tab, found '\\n'"),
        ("delimiter", "§", "must be one visible ASCII character, a blank or a tab, found '§'"),
        ("quote", ",", "must differ from the delimiter, found ',' for both"),
        ("null", "a,b", "must not hold ',', found 'a,b'"),
        ("null", '"', "must not hold '\"', found '\"'"),
        ("null", "a\nb", "must not hold '\\n', found 'a\\nb'"),
        ("null", "-1", "must not look like a number, found '-1'"),
        ("null", "NaN", "must not look like a number, found 'NaN'"),
        ("null", "-infinity", "must not look like a number, found '-infinity'"),
        ("decimal_comma", True, "needs another delimiter than ','"),
    ],
)
def test_what_postgresql_or_a_reader_could_not_cope_with(field: str, value: object, complaint: str) -> None:
    (found,) = replace(RFC4180, **{field: value}).problems()  # type: ignore[arg-type]

    assert str(found).startswith(f"'{field}' {complaint}")
