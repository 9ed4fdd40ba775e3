"""The operator's arguments: signature and documentation come from the table of options, and all are checked at once."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from postgres_to_s3.options.arguments import (
    ExportRequest,
    options_reference,
    read_request,
    refuse_file_names,
    take_options,
    takes_options,
)
from postgres_to_s3.options.export_options import EXPORT_OPTIONS, ExportOptions


class Export:
    """A class whose constructor has the options beside an argument of its own."""

    @takes_options
    def __init__(self, *, target: str = "", **kwargs: Any) -> None:
        """Export to a target."""
        self.options = take_options(kwargs)
        self.rest = kwargs


def test_the_signature_shows_every_option_with_its_default() -> None:
    parameters = inspect.signature(Export).parameters

    assert list(parameters) == ["target", *EXPORT_OPTIONS, "kwargs"]
    assert parameters["max_rows_per_file"].default == 1_000_000
    assert parameters["columns"].annotation == tuple[str, ...] | str


def test_the_docstring_tells_what_every_option_does() -> None:
    text = inspect.getdoc(Export.__init__) or ""

    assert text.startswith("Export to a target.\n")
    assert [name for name in EXPORT_OPTIONS if f":param {name}: " not in text] == []


def test_what_is_no_option_is_left_to_the_constructor() -> None:
    export = Export(target="lake", compression="gzip", owner="billing")

    assert export.options == {name: row.default for name, row in EXPORT_OPTIONS.items()} | {"compression": "gzip"}
    assert export.rest == {"owner": "billing"}


def test_the_reference_has_a_row_for_every_option() -> None:
    rows = options_reference().splitlines()[2:]

    assert [row.split("`")[1] for row in rows] == list(EXPORT_OPTIONS)
    assert "| `compression` | `none`, `gzip` | `none` | `gzip`: keys end in `.gz`. |" in rows


@pytest.mark.parametrize("value", ["secret.sql", ["a", "secret.sql"], ("secret.sql",), {"a": "secret.sql"}])
def test_what_airflow_would_read_as_a_file_is_refused_without_showing_it(value: object) -> None:
    with pytest.raises(ValueError, match=r"'null' must not end in '\.sql': Airflow would take it for") as raised:
        refuse_file_names({"header": True, "null": value})

    assert "secret" not in str(raised.value)


def test_other_values_are_no_file_names() -> None:
    refuse_file_names({"tags": {"a": "b"}, "null": None, "quote": "sql", "columns": ("a.sq", "b")})


def test_a_request_has_the_keys_and_the_options() -> None:
    request, problems = read_request({"s3_key": "x_{chunk}.csv", "compression": "gzip", "measure_only": "yes"})

    assert problems == []
    assert isinstance(request, ExportRequest)
    assert (request.keys.chunk(0), request.options, request.measure_only) == (
        "x_0.csv.gz",
        ExportOptions(compression="gzip"),
        True,
    )


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
    _, problems = read_request({"s3_key": "x_{chunk}.csv", argument: value})

    assert [str(problem).startswith(complaint) for problem in problems] == [True], problems
