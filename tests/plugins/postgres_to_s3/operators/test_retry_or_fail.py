"""retry_or_fail: which errors Airflow retries, and what their messages say."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from airflow.providers.postgres.hooks.postgres import PostgresHook
from airflow.sdk.exceptions import (
    AirflowException,
    AirflowFailException,
    AirflowSkipException,
    AirflowTaskTimeout,
)
from airflow.sdk.execution_time.context import set_current_context

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
    ("error", "reason"),
    [
        pytest.param(TransientError("the line is busy"), "the line is busy", id="ours"),
        pytest.param(ConnectionResetError("the line is busy"), "ConnectionResetError: the line is busy", id="system"),
        pytest.param(TimeoutError("the line is busy"), "TimeoutError: the line is busy", id="timeout"),
    ],
)
def test_an_error_that_may_pass_is_retried(error: Exception, reason: str) -> None:
    verdict = verdict_on(error)

    assert type(verdict) is AirflowException
    assert str(verdict).splitlines() == ["the export failed", reason, "This may pass: try again."]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(PermanentError("no such table"), "no such table", id="ours"),
        pytest.param(ValueError("no such table"), "ValueError: no such table", id="value"),
        pytest.param(PermissionError("no such table"), "PermissionError: no such table", id="system"),
        pytest.param(
            PermanentError("syntax error\nLINE 1: x\n        ^\n"), "syntax error\nLINE 1: x\n        ^", id="caret"
        ),
    ],
)
def test_an_error_that_stays_fails_at_once(error: Exception, reason: str) -> None:
    verdict = verdict_on(error)

    assert type(verdict) is AirflowFailException
    remedy = "A retry cannot help: correct the cause, then clear the task."
    assert str(verdict) == f"the export failed\n{reason}\n{remedy}"


@pytest.mark.parametrize(
    ("error", "remedies"),
    [
        pytest.param(PermanentError("its date is wrong"), ["trigger a new one"], id="of-the-block"),
        pytest.param(PermanentError("its date is wrong", "trigger a new one"), [], id="of-the-error"),
    ],
)
def test_what_cannot_be_cleared_has_a_remedy_of_its_own(error: PermanentError, remedies: list[str]) -> None:
    with pytest.raises(AirflowFailException) as raised, retry_or_fail("the run", *remedies):
        raise error

    assert str(raised.value) == "the run failed\nits date is wrong\nA retry cannot help: trigger a new one."


@pytest.mark.parametrize(
    "error", [TransientError("busy"), PermanentError("no such table"), ConnectionResetError("gone")], ids=repr
)
def test_a_known_error_shows_no_traceback(error: Exception) -> None:
    verdict = verdict_on(error)

    assert (verdict.__cause__, verdict.__suppress_context__) == (None, True)


def test_a_fault_of_the_program_keeps_its_traceback() -> None:
    error = KeyError("rows")

    assert verdict_on(error).__cause__ is error


@pytest.mark.parametrize(
    ("try_number", "advice"),
    [
        (1, "Airflow tries again, 2 tries are left."),
        (2, "Airflow tries again, 1 try is left."),
        (3, "no try is left; clear the task to try again."),
    ],
)
def test_a_retry_is_promised_only_where_a_try_is_left(try_number: int, advice: str) -> None:
    task = SimpleNamespace(try_number=try_number, max_tries=2)

    with set_current_context({"ti": task}):  # type: ignore[typeddict-item]
        verdict = verdict_on(TransientError("busy"))

    assert str(verdict).splitlines()[-1] == f"This may pass: {advice}"


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
        pytest.raises(AirflowException, match=r"the export failed\n.*octopus") as raised,
        retry_or_fail("the export"),
    ):
        PostgresHook("octopus").get_conn()

    assert type(raised.value) is AirflowException
