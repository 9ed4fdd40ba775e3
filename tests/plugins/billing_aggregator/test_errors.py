"""Errors about a deployment list every problem under a heading that says what to do."""

from __future__ import annotations

import pytest

from billing_aggregator.errors import BillingAggregatorError, ScriptTreeError, SettingsError


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            SettingsError(["BDA_X is wrong"]),
            "1 problem in the settings; correct these environment variables of the Airflow processes:\n"
            "  - BDA_X is wrong",
        ),
        (
            ScriptTreeError(["a.sql: is wrong", "b.sql: is wrong"]),
            "2 problems in the script tree; correct these files or folders (the rules: include/sql/README.md):\n"
            "  - a.sql: is wrong\n  - b.sql: is wrong",
        ),
    ],
)
def test_every_problem_has_a_line(error: BillingAggregatorError, text: str) -> None:
    assert str(error) == text


@pytest.mark.parametrize("kind", [SettingsError, ScriptTreeError])
def test_an_error_is_a_value_error_too(kind: type[Exception]) -> None:
    assert issubclass(kind, ValueError)
    assert issubclass(kind, BillingAggregatorError)
