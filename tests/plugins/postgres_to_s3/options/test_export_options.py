"""The table of export options gives a dialect and what S3 is told, and is checked as a whole."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from postgres_to_s3.options.csv_dialect import PRESETS
from postgres_to_s3.options.export_options import ExportOptions, options_reference
from postgres_to_s3.options.option_table import kind_of
from postgres_to_s3.options.problems import Problem, problems_of


def problems(**given: object) -> list[Problem]:
    with pytest.raises(ValidationError) as raised:
        ExportOptions.model_validate(given)
    return problems_of(raised.value)


def test_none_is_the_default_except_where_a_number_is_wanted() -> None:
    numbers = {"max_rows_per_file", "connections", "part_bytes"}
    others = ExportOptions.model_fields.keys() - numbers

    assert ExportOptions.model_validate(dict.fromkeys(others)) == ExportOptions()
    assert {problem.name for problem in problems(**dict.fromkeys(numbers))} == numbers


@pytest.mark.parametrize("name", ExportOptions.model_fields)
def test_every_option_can_be_left_to_its_default(name: str) -> None:
    row = ExportOptions.model_fields[name]

    assert row.default is None or kind_of(row).read(row.default) == row.default
    assert str(row.description).endswith(".")


def test_the_reference_has_a_row_for_every_option() -> None:
    rows = options_reference().splitlines()[2:]

    assert [row.split("`")[1] for row in rows] == list(ExportOptions.model_fields)
    assert [row for row in rows if "`None`" in row or "`()`" in row] == []
    assert "| `compression` | `none`, `gzip` | `none` | `gzip`: keys end in `.gz`. |" in rows


@pytest.mark.parametrize("name", PRESETS)
def test_a_dialect_is_its_preset(name: str) -> None:
    assert ExportOptions(dialect=name).csv == PRESETS[name]


def test_parts_that_are_set_replace_those_of_the_preset() -> None:
    csv = ExportOptions(dialect="excel-de", delimiter="|", header=False, null="-").csv

    assert (csv.delimiter, csv.header, csv.null) == ("|", False, "-")
    assert (csv.decimal_comma, csv.quote_text, csv.bom, csv.encoding) == (True, True, True, "utf8")


def test_only_utf_8_has_a_byte_order_mark() -> None:
    assert ExportOptions(dialect="excel-de", encoding="win1252").csv.bom is False


@pytest.mark.parametrize(
    ("options", "content_type"),
    [
        (ExportOptions(), "text/csv; charset=utf-8"),
        (ExportOptions(encoding="latin1"), "text/csv; charset=iso-8859-1"),
        (ExportOptions(compression="gzip"), "application/gzip"),
    ],
)
def test_objects_have_the_type_of_what_is_in_them(options: ExportOptions, content_type: str) -> None:
    assert options.objects.content_type == content_type


def test_objects_carry_what_is_set() -> None:
    given = {"sse": "aws:kms", "kms_key_id": "alias/x", "tags": "a=b", "metadata": {"c": "d"}}
    options = ExportOptions.model_validate(given)

    assert options.objects.arguments({"rows": "2"}) == {
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "alias/x",
        "Tagging": "a=b",
        "Metadata": {"c": "d", "rows": "2"},
    }


def test_problems_of_one_option_and_of_several_together_are_found_at_once() -> None:
    found = problems(if_empty="?", decimal_comma=True, kms_key_id="alias/x")

    assert [problem.name for problem in found] == ["if_empty", "decimal_comma", "kms_key_id"]


@pytest.mark.parametrize("name", ExportOptions.model_fields)
def test_neither_a_rule_nor_the_text_of_the_error_repeats_a_value(name: str) -> None:
    secret = "hunter2"

    with pytest.raises(ValidationError) as raised:
        ExportOptions.model_validate({"null": f"{secret};,{secret}", name: f"{secret},,{secret}"})

    assert [problem.rule for problem in problems_of(raised.value) if secret in problem.rule] == []
    assert secret not in str(raised.value)
