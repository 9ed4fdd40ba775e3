"""Errors about a deployment list every problem under a heading that says what to do."""

from __future__ import annotations

import pickle

import pytest

from billing_aggregator.errors import BillingAggregatorError, ScriptTreeError, SettingsError
from postgres_to_s3.retryable import is_transient


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
def test_configuration_errors_are_value_errors_and_survive_pickling(
    kind: type[SettingsError | ScriptTreeError],
) -> None:
    copied = pickle.loads(pickle.dumps(kind(["a", "b"])))  # noqa: S301 - our own bytes

    assert isinstance(copied, BillingAggregatorError)
    assert isinstance(copied, ValueError)
    assert copied.problems == ("a", "b")
    assert str(copied) == str(kind(["a", "b"]))


def test_a_wrong_setting_is_not_worth_a_retry() -> None:
    assert not is_transient(SettingsError(["BDA_CLIENT_ID is required"]))
