"""Threads that see the context variables of whoever made them, such as the fields of log lines."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextvars import Context, copy_context
from typing import ParamSpec, Protocol, TypeVar

log = logging.getLogger(__name__)

# How often work that still runs is asked again to end after some has failed.
CANCEL_AGAIN_SECONDS = 0.2
Arguments = ParamSpec("Arguments")


class Worker(Protocol):
    """What can do one job at a time."""

    def cancel(self) -> None:
        """Make the job that runs fail soon, from any thread; does nothing where none runs."""


AnyWorker = TypeVar("AnyWorker", bound=Worker)


def thread_pool(threads: int, name: str) -> ThreadPoolExecutor:
    """A pool whose threads have the context variables of now.

    :param name: the beginning of the threads' names
    """
    return ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_enter, initargs=(copy_context(),))


class OneBehind:
    """Runs one piece of work at a time in another thread while the caller prepares the next one."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self._threads = threads
        self._running: Future[object] | None = None

    def start(self, work: Callable[Arguments, object], *arguments: Arguments.args, **named: Arguments.kwargs) -> None:
        """Wait for the previous piece, then start this one.

        :raises Exception: the error of the previous piece
        """
        self.wait()
        self._running = self._threads.submit(work, *arguments, **named)

    def wait(self) -> None:
        """Wait for the last piece.

        :raises Exception: its error
        """
        if self._running:
            self._running.result()
            self._running = None


def run_jobs(workers: Sequence[AnyWorker], jobs: Iterable[Callable[[AnyWorker], object]]) -> None:
    """Let each job be done by the next worker that is free.

    The first job that fails ends the others: those that run are cancelled, those that wait never run.
    """
    waiting = deque(jobs)
    with thread_pool(len(workers), "copy") as threads:
        futures = [threads.submit(_take_jobs, worker, waiting) for worker in workers]
        try:
            for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                future.result()
        finally:
            waiting.clear()
            _end(futures, workers)


def _take_jobs(worker: AnyWorker, waiting: deque[Callable[[AnyWorker], object]]) -> None:
    """Do one waiting job after the other, until none is left."""
    while True:
        try:
            job = waiting.popleft()
        except IndexError:
            return
        job(worker)


def _end(futures: Sequence[Future[None]], workers: Sequence[Worker]) -> None:
    """Return when no job runs any more. One may be between two statements, so they are cancelled until it ends."""
    while running := [future for future in futures if not future.done()]:
        for worker in workers:
            try:
                worker.cancel()
            except Exception as error:  # the error that ended the jobs is the one to report
                log.warning("Could not cancel a statement: %s", str(error).strip())
        wait(running, timeout=CANCEL_AGAIN_SECONDS)


def _enter(context: Context) -> None:
    for variable, value in context.items():
        variable.set(value)
