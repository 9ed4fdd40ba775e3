"""Pools of threads that are told apart in logs: they see the context variables of whoever made them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context


def thread_pool(threads: int, name: str) -> ThreadPoolExecutor:
    """A pool whose threads have the context variables of now, such as the fields of log lines.

    :param name: the beginning of the threads' names
    """
    return ThreadPoolExecutor(threads, thread_name_prefix=name, initializer=_enter, initargs=(copy_context(),))


def _enter(context: Context) -> None:
    for variable, value in context.items():
        variable.set(value)
