"""The operator's arguments: they are those of the table of options, and all are checked at once."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from postgres_to_s3.options.arguments import ExportRequest, refuse_file_names
from postgres_to_s3.options.problems import problems_of


@pytest.mark.parametrize("value", ["secret.sql", ["a", "secret.sql"], ("secret.sql",), {"a": "secret.sql"}])
def test_what_airflow_would_read_as_a_file_is_refused_without_showing_it(value: object) -> None:
    with pytest.raises(ValueError, match=r"'null' must not end in '\.sql': Airflow would take it for") as raised:
        refuse_file_names({"header": True, "null": value})

    assert "secret" not in str(raised.value)


def test_other_values_are_no_file_names() -> None:
    refuse_file_names({"tags": {"a": "b"}, "null": None, "quote": "sql", "columns": ("a.sq", "b")})


def test_a_request_has_the_keys_and_the_options() -> None:
    request = ExportRequest.model_validate({"s3_key": "x_{chunk}.csv", "compression": "gzip", "measure_only": "yes"})

    assert (request.keys.chunk(0), request.compression, request.measure_only) == ("x_0.csv.gz", "gzip", True)


@pytest.mark.parametrize(
    ("argument", "value", "complaint"),
    [
        ("compression", "zip", "'compression' must be one of none, gzip, found 'zip'"),
        ("dialect", "excel", "'dialect' must be one of rfc4180, excel-de, found 'excel'"),
        ("if_empty", "ignore", "'if_empty' must be one of header, skip, fail, found 'ignore'"),
        ("on_schema_change", "ask", "'on_schema_change' must be one of warn, fail, found 'ask'"),
        ("header", "maybe", "'header' must be true or false, found 'maybe'"),
        ("delimiter", 5, "'delimiter' must be a text, found 5"),
        ("encoding", "utf16", "'encoding' must be one of utf8, latin1"),
        ("columns", ["a", "a"], "'columns' must not name a column twice, found a, a"),
        ("order_by", ["a", 1], "'order_by' must be a list of names, found ['a', 1]"),
        ("sse", "rot13", "'sse' must be one of AES256, aws:kms, found 'rot13'"),
        ("kms_key_id", "alias/x", "'kms_key_id' needs sse 'aws:kms', found None"),
        ("tags", {str(i): "" for i in range(11)}, "'tags' may be 10 at most, found 11"),
        ("tags", {"a;b": "c"}, "'tags' must be letters, digits"),
        ("tags", "team", "'tags' must be different name=value pairs, found 'team'"),
        ("metadata", {"a b": "c"}, "'metadata' must have names of letters, digits"),
        ("metadata", {"a": "x" * 1025}, "'metadata' may be 1024 bytes at most in all, found 1026"),
        ("metadata", {"a": "ü" * 200}, "'metadata' may be 1024 bytes at most in all, found 1201"),
        ("part_bytes", 100, "'part_bytes' must be a whole number from 5242880 to 1073741824, found 100"),
        ("s3_key", "x_{chunk}.csv.gz", "'s3_key' must be a key without '.gz' for files without gzip"),
    ],
)  # fmt: skip
def test_a_wrong_option_is_refused_with_its_rule(argument: str, value: object, complaint: str) -> None:
    with pytest.raises(ValidationError) as raised:
        ExportRequest.model_validate({"s3_key": "x_{chunk}.csv", argument: value})

    (problem,) = problems_of(raised.value)
    assert str(problem).startswith(complaint)
