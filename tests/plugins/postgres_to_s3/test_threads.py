"""What a thread logs has the fields of the task that it works for; one failure ends all jobs."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar
from functools import partial
from typing import Any

import pytest

from postgres_to_s3.threads import run_jobs, thread_pool

SYSTEM: ContextVar[str] = ContextVar("system", default="none")


def test_the_threads_see_what_was_set_before_the_pool_was_made_and_keep_it_to_themselves() -> None:
    token = SYSTEM.set("tripica")
    with thread_pool(1, "copy") as threads:
        SYSTEM.reset(token)
        assert threads.submit(SYSTEM.get).result() == "tripica"
        assert threads.submit(lambda: threading.current_thread().name).result() == "copy_0"
    assert SYSTEM.get() == "none"


class Sleeper:
    """Sleeps at work until it is cancelled, and ends its job all the same: it may have been done just then."""

    def __init__(self) -> None:
        self.is_cancelled = threading.Event()

    def cancel(self) -> None:
        self.is_cancelled.set()

    def sleep(self) -> None:
        assert self.is_cancelled.wait(60)


def test_each_job_is_done_once_by_the_next_worker_that_is_free() -> None:
    workers = [Sleeper(), Sleeper()]
    all_busy = threading.Barrier(2)
    done: list[tuple[int, Sleeper]] = []

    def job(number: int, worker: Sleeper) -> None:
        all_busy.wait(30)
        done.append((number, worker))

    run_jobs(workers, [partial(job, number) for number in range(6)])

    assert sorted(number for number, _ in done) == list(range(6))
    assert {worker for _, worker in done} == set(workers)


def test_a_job_that_fails_cancels_the_others_and_starts_no_more() -> None:
    started = time.monotonic()
    late: list[Any] = []

    with pytest.raises(ZeroDivisionError):
        run_jobs([Sleeper(), Sleeper()], [Sleeper.sleep, lambda _: 1 / 0, late.append, late.append])

    assert time.monotonic() - started < 60
    assert late == []
