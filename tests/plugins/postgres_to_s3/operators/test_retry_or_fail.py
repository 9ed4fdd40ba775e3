"""retry_or_fail: which errors Airflow retries, and what their messages say."""

from __future__ import annotations

import pytest
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    AirflowTaskTimeout,
)

from postgres_to_s3.errors import PermanentError, TransientError
from postgres_to_s3.operators.retry_or_fail import retry_or_fail


def verdict_on(error: BaseException) -> BaseException:
    with pytest.raises(BaseException) as raised, retry_or_fail("the export"):  # noqa: PT011
        raise error
    return raised.value


def test_no_error_passes() -> None:
    with retry_or_fail("the export"):
        pass


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(TransientError("the line is busy"), id="ours"),
        pytest.param(ConnectionResetError("the line is busy"), id="operating-system"),
        pytest.param(TimeoutError("the line is busy"), id="timeout"),
    ],
)
def test_an_error_that_may_pass_is_retried(error: Exception) -> None:
    verdict = verdict_on(error)

    assert type(verdict) is AirflowException
    assert str(verdict).startswith(f"the export failed: {type(error).__name__}: the line is busy")
    assert verdict.__cause__ is error


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(PermanentError("no such table"), id="ours"),
        pytest.param(ValueError("no such table"), id="value"),
        pytest.param(PermissionError("no such table"), id="operating-system"),
    ],
)
def test_an_error_that_stays_fails_at_once(error: Exception) -> None:
    verdict = verdict_on(error)

    assert type(verdict) is AirflowFailException
    assert str(verdict).startswith(f"the export failed: {type(error).__name__}: no such table")
    assert "A retry cannot help" in str(verdict)
    assert verdict.__cause__ is error


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (PermanentError("no such table"), "PermanentError: no such table. A retry cannot help"),
        (PermanentError("no such table."), "PermanentError: no such table. A retry cannot help"),
        (PermanentError("syntax error\nLINE 1: select from\n           ^\n"), "\n           ^\nA retry cannot help"),
        (TransientError("gone\nfor good?"), "for good?\nThis may pass: Airflow tries again while retries are left."),
    ],
    ids=["one-line", "full-stop", "caret-line", "transient"],
)
def test_the_verdict_stands_behind_the_message_or_below_its_lines(error: Exception, text: str) -> None:
    assert text in str(verdict_on(error))


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(AirflowSkipException("not today"), id="skip"),
        pytest.param(AirflowFailException("broken"), id="failure"),
        pytest.param(AirflowException("busy"), id="retry"),
        pytest.param(AirflowTaskTimeout("too long"), id="timeout"),
        pytest.param(KeyboardInterrupt(), id="interrupt"),
    ],
)
def test_a_verdict_of_airflow_stays_as_it_is(error: BaseException) -> None:
    assert verdict_on(error) is error


def test_a_connection_that_is_not_found_is_looked_for_again() -> None:
    # Airflow says the same of a secrets backend that does not answer.
    with (
        pytest.raises(AirflowException, match=r"the export failed.*octopus") as raised,
        retry_or_fail("the export"),
    ):
        PostgresHook("octopus").get_conn()

    assert type(raised.value) is AirflowException
