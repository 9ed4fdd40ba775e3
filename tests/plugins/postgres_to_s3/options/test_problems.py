"""Problems of options are sentences with the rule, and with what was found where the rule does not say it all."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from postgres_to_s3.options.export_options import ExportOptions
from postgres_to_s3.options.problems import problems_of


def test_every_problem_is_a_sentence() -> None:
    with pytest.raises(ValidationError) as raised:
        ExportOptions.model_validate({"connections": 0, "sse": "x", "decimal_comma": True, "delimeter": ";"})

    assert [str(problem) for problem in problems_of(raised.value)] == [
        "'connections' must be a whole number of at least 1, found 0",
        "'sse' must be one of AES256, aws:kms, found 'x'",
        "'delimeter' Extra inputs are not permitted",
        "'decimal_comma' needs another delimiter than ',': set the delimiter to ';', for example",
    ]
