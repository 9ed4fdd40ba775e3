"""A service that fails or hangs costs the batch some seconds and one warning."""

from __future__ import annotations

import threading
import time

import pytest

from billing_aggregator.monitoring.bounded import attempt


def test_work_is_done_before_anything_goes_on() -> None:
    done: list[str] = []

    attempt("Sending", lambda: done.append("sent"))

    assert done == ["sent"]


@pytest.mark.parametrize("error", [ValueError("no such topic"), SystemExit("no such topic")])
def test_a_failure_is_one_warning(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        raise error

    attempt("Sending", fail)

    assert caplog.messages == [f"Sending failed; the run goes on without it: {type(error).__name__}: no such topic"]


def test_work_that_hangs_is_left_alone_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()
    started = time.monotonic()

    attempt("Sending", ended.wait, seconds=0.2)

    assert time.monotonic() - started < 5
    assert caplog.messages == ["Sending did not end within 0 s; the run goes on without it"]
    ended.set()
