"""The table of export options gives a dialect and what S3 is told, and is checked as a whole."""

from __future__ import annotations

import pytest

from postgres_to_s3.options.csv_dialect import PRESETS
from postgres_to_s3.options.export_options import EXPORT_OPTIONS, ExportOptions, read_options


def test_without_anything_given_the_defaults_hold() -> None:
    assert read_options({}) == (ExportOptions(), [])


@pytest.mark.parametrize("name", EXPORT_OPTIONS)
def test_every_option_can_be_left_to_its_default(name: str) -> None:
    row = EXPORT_OPTIONS[name]

    assert row.default is None or row.kind.read(row.default) == row.default
    assert row.default not in (None, ()) or row.unset
    assert row.meaning.endswith(".")


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
    options, _ = read_options({"sse": "aws:kms", "kms_key_id": "alias/x", "tags": "a=b", "metadata": {"c": "d"}})

    assert options.objects.arguments({"rows": "2"}) == {
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "alias/x",
        "Tagging": "a=b",
        "Metadata": {"c": "d", "rows": "2"},
    }


def test_problems_of_one_option_and_of_several_together_are_found_at_once() -> None:
    _, problems = read_options({"if_empty": "?", "decimal_comma": True, "kms_key_id": "alias/x"})

    assert [problem.name for problem in problems] == ["if_empty", "decimal_comma", "kms_key_id"]


def test_a_rule_never_repeats_a_value() -> None:
    secret = "hunter2"
    for name in EXPORT_OPTIONS:
        _, problems = read_options({name: secret, "null": f"{secret};{secret}"} if name != "null" else {name: secret})
        assert [problem.rule for problem in problems if secret in problem.rule] == []
