"""Decides what an error means for a task: worth Airflow's retries, or failed at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

from postgres_to_s3.retryable import is_transient


@contextmanager
def task_verdict(what: str) -> Iterator[None]:
    """Turn an error inside into one message that names ``what`` was done, and into Airflow's verdict on it.

    :raises AirflowException: the cause may pass (a lost connection, a busy service): Airflow retries
    :raises AirflowFailException: the cause stays (data, permission, SQL): a retry would only cost time
    """
    try:
        yield
    except Exception as error:
        # Airflow's own exceptions are verdicts already, but for a connection that is not found: Airflow says the same
        # when the secrets backend does not answer, which passes.
        is_not_found = isinstance(error, AirflowNotFoundException)
        if isinstance(error, AirflowException) and not is_not_found:
            raise
        message = f"{what} failed: {type(error).__name__}: {str(error).strip()}"
        if is_not_found or is_transient(error):
            hope = "This may pass: Airflow tries again while retries are left."
            raise AirflowException(_with_verdict(message, hope)) from error
        remedy = "A retry cannot help: correct the cause, then clear the task."
        raise AirflowFailException(_with_verdict(message, remedy)) from error


def _with_verdict(message: str, verdict: str) -> str:
    """A message of several lines may end with the caret under an error: what follows has a line of its own."""
    if "\n" in message:
        return f"{message}\n{verdict}"
    return f"{message.removesuffix('.')}. {verdict}"
