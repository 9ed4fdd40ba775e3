"""Runs blocking work in a thread, so that the main thread can handle signals: Python runs no handler while C blocks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextvars import copy_context
from threading import Lock, Thread
from typing import Generic, TypeVar

from postgres_to_s3.errors import TransientError

log = logging.getLogger(__name__)

Result = TypeVar("Result")
# How often work that still runs is cancelled again, and how long it may take to end after it was cancelled.
CANCEL_AGAIN_SECONDS = 0.25
END_SECONDS = 30.0


class Interruptible:
    """Work in a thread of its own, which the main thread waits for in short steps.

    :param cancel: makes the work fail soon, from any thread. It is called again and again until the work has ended,
        because there may be nothing to cancel just then, such as between two statements
    """

    def __init__(self, cancel: Callable[[], object]) -> None:
        self._cancel = cancel
        self._is_cancelled = False

    def run(self, work: Callable[[], Result]) -> Result:
        """Do the work and return what it returns, or raise what it raises.

        What a signal handler raises meanwhile (an execution timeout, Ctrl-C) cancels the work and is raised as soon as
        the work has ended.

        :raises TransientError: the work failed after it was cancelled
        """
        outcome = _Outcome[Result]()
        thread = Thread(target=copy_context().run, args=(outcome.take, work), name="interruptible", daemon=True)
        try:
            thread.start()
            self._wait_for(outcome)
        except BaseException:
            self.cancel()
            self._wait_for(outcome)
            raise
        return self._result(outcome)

    def cancel(self) -> None:
        """Make the work end; may be called by a signal handler."""
        self._is_cancelled = True
        try:
            self._cancel()
        except Exception as error:
            log.warning("Could not cancel: %s", error)

    def _wait_for(self, outcome: _Outcome[Result]) -> None:
        deadline: float | None = None
        while not outcome.has_ended(CANCEL_AGAIN_SECONDS):
            if not self._is_cancelled:
                continue
            deadline = deadline or time.monotonic() + END_SECONDS
            if time.monotonic() > deadline:
                log.error("What was cancelled did not end within %.0f s", END_SECONDS)
                return
            self.cancel()

    def _result(self, outcome: _Outcome[Result]) -> Result:
        if outcome.error is not None and self._is_cancelled:
            raise TransientError(f"cancelled from outside (task killed): {outcome.error}") from outcome.error
        if outcome.error is not None:
            raise outcome.error
        if not outcome.results:
            raise TransientError(f"cancelled from outside, and did not end within {END_SECONDS:.0f} s")
        return outcome.results[0]


class _Outcome(Generic[Result]):
    """What the work returns, or the error it ends with.

    An exception that a signal handler raises may leave ``Thread.join`` and ``threading.Event`` in a broken state. So
    whether the work has ended is read from plain attributes, and the lock only ends the waiting early.
    """

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.error: BaseException | None = None
        self._is_running = Lock()
        self._is_running.acquire()

    def take(self, work: Callable[[], Result]) -> None:
        """Do the work and keep its outcome."""
        try:
            self.results.append(work())
        except BaseException as error:  # raised again in the thread that waits
            self.error = error
        self._is_running.release()

    def has_ended(self, seconds: float) -> bool:
        """Whether the work has ended; waits up to so many seconds for its end."""
        if not self.results and self.error is None:
            self._is_running.acquire(timeout=seconds)
        return bool(self.results) or self.error is not None
