"""Decides what an error means for a task: Airflow retries it, or it fails at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

from postgres_to_s3.retryable import is_transient


@contextmanager
def retry_or_fail(what: str) -> Iterator[None]:
    """Turn an error of the block into one that names ``what`` was done, and by which Airflow retries or fails the task.

    :raises AirflowException: the cause may pass (a lost connection, a busy service): Airflow retries
    :raises AirflowFailException: the cause stays (data, permission, SQL): a retry would only cost time
    """
    try:
        yield
    except Exception as error:
        # Airflow's own exceptions say already what is to happen, except that a connection is not found: this is also
        # what Airflow says when the secrets backend does not answer, which passes.
        is_not_found = isinstance(error, AirflowNotFoundException)
        if isinstance(error, AirflowException) and not is_not_found:
            raise
        message = f"{what} failed: {type(error).__name__}: {str(error).strip()}"
        if is_not_found or is_transient(error):
            advice = "This may pass: Airflow tries again while retries are left."
            raise AirflowException(_with_advice(message, advice)) from error
        advice = "A retry cannot help: correct the cause, then clear the task."
        raise AirflowFailException(_with_advice(message, advice)) from error


def _with_advice(message: str, advice: str) -> str:
    """Both in one line, unless the message has several: its last one may be the caret under an error."""
    if "\n" in message:
        return f"{message}\n{advice}"
    return f"{message.removesuffix('.')}. {advice}"
