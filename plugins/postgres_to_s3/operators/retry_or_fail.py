"""Decides what an error means for a task: Airflow retries it, or it fails at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowException, AirflowFailException, AirflowNotFoundException

from postgres_to_s3.errors import ExportError
from postgres_to_s3.retryable import is_known, is_transient

log = logging.getLogger(__name__)


@contextmanager
def retry_or_fail(what: str, remedy: str = "correct the cause, then clear the task") -> Iterator[None]:
    """Turn an error of the block into one that says what failed, why, and what to do, each on a line of its own.

    Its type tells Airflow whether to retry. An error of a known kind loses its traceback, which would push the three
    lines off the screen; the debug log has it.

    :param remedy: what to do about an error that stays and has no remedy of its own
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
        log.debug("%s failed", what, exc_info=error)
        cause = None if is_not_found or is_known(error) else error
        message = f"{what} failed\n{_reason(error)}"
        if is_not_found or is_transient(error):
            raise AirflowException(f"{message}\nThis may pass: {_next_try()}") from cause
        own_remedy = error.remedy if isinstance(error, ExportError) else None
        raise AirflowFailException(f"{message}\nA retry cannot help: {own_remedy or remedy}.") from cause


def _reason(error: Exception) -> str:
    text = str(error).strip()
    return text if isinstance(error, ExportError) else f"{type(error).__name__}: {text}"


def _next_try() -> str:
    """What happens next to the task that runs in this process, if one does."""
    try:
        task = get_current_context()["ti"]
    except RuntimeError:
        return "try again."
    left = task.max_tries + 1 - task.try_number
    if left > 0:
        return f"Airflow tries again, {left} {'try is' if left == 1 else 'tries are'} left."
    return "no try is left; clear the task to try again."
