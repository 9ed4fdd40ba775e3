"""Threads that see the context variables of whoever made them, such as the fields of log lines."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import Context, copy_context
from typing import ParamSpec

Arguments = ParamSpec("Arguments")


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


def _enter(context: Context) -> None:
    for variable, value in context.items():
        variable.set(value)
