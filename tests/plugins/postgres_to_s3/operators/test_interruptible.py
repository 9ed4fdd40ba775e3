"""Interruptible work lets the main thread hear its signals, and ends soon after it was cancelled."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from contextvars import ContextVar

import pytest

from postgres_to_s3.errors import PermanentError, TransientError
from postgres_to_s3.operators import interruptible
from postgres_to_s3.operators.interruptible import Interruptible


class Stopped(BaseException):
    """What a signal handler raises."""


class Query:
    """Blocking work that only ``cancel`` ends, and only while it is waiting."""

    def __init__(self, misses: int = 0) -> None:
        self.has_ended = False
        self.is_running = threading.Event()
        self._misses = misses
        self._cancelled = threading.Event()

    def run(self) -> None:
        self.is_running.set()
        assert self._cancelled.wait(30)
        self.has_ended = True
        raise PermanentError("canceling statement")

    def cancel(self) -> None:
        self._misses -= 1
        if self._misses < 0:
            self._cancelled.set()


def nothing() -> None:
    """Cancel nothing."""


def when_running(query: Query, then: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=lambda: query.is_running.wait(30) and then())
    thread.start()
    return thread


def test_the_result_is_handed_on() -> None:
    assert Interruptible(nothing).run(lambda: 42) == 42


def test_an_error_is_handed_on_as_it_is() -> None:
    def fail() -> None:
        raise PermanentError("no such table")

    with pytest.raises(PermanentError, match=r"^no such table$"):
        Interruptible(nothing).run(fail)


def test_the_work_sees_the_context_of_its_caller() -> None:
    variable: ContextVar[str] = ContextVar("variable", default="")
    variable.set("task 1")

    assert Interruptible(nothing).run(variable.get) == "task 1"


@pytest.mark.parametrize("misses", [0, 2])
def test_cancelled_work_fails_as_transient_even_if_it_was_missed_at_first(misses: int) -> None:
    query = Query(misses)
    work = Interruptible(query.cancel)
    thread = when_running(query, work.cancel)

    with pytest.raises(TransientError, match=r"cancelled from outside.*: canceling statement"):
        work.run(query.run)

    thread.join()


def test_work_that_succeeds_all_the_same_is_a_success() -> None:
    is_running, is_cancelled = threading.Event(), threading.Event()

    def finish() -> str:
        is_running.set()
        assert is_cancelled.wait(30)
        return "published"

    work = Interruptible(is_cancelled.set)
    thread = threading.Thread(target=lambda: is_running.wait(30) and work.cancel())
    thread.start()

    assert work.run(finish) == "published"
    thread.join()


def test_what_a_signal_handler_raises_leaves_when_the_work_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_number: int, _frame: object) -> None:
        raise Stopped

    query = Query()
    before = signal.signal(signal.SIGUSR1, stop)
    thread = when_running(query, lambda: signal.raise_signal(signal.SIGUSR1))
    try:
        with pytest.raises(Stopped):
            Interruptible(query.cancel).run(query.run)
    finally:
        thread.join()
        signal.signal(signal.SIGUSR1, before)

    assert query.has_ended


def test_work_that_does_not_end_is_left_behind(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(interruptible, "END_SECONDS", 0.0)
    query = Query(misses=1000)
    work = Interruptible(query.cancel)
    thread = when_running(query, work.cancel)

    with pytest.raises(TransientError, match="did not end within 0 s"):
        work.run(query.run)

    assert "did not end" in caplog.text
    query._misses = 0
    query.cancel()
    thread.join()


def test_a_cancellation_that_fails_is_logged_and_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    query = Query()
    failures = [ConnectionError("server not reached")]

    def cancel() -> None:
        if failures:
            raise failures.pop()
        query.cancel()

    work = Interruptible(cancel)
    thread = when_running(query, work.cancel)
    with pytest.raises(TransientError):
        work.run(query.run)

    thread.join()
    assert "Could not cancel: server not reached" in caplog.text
