"""What a thread logs has the fields of the task that it works for."""

from __future__ import annotations

import threading
from contextvars import ContextVar

from postgres_to_s3.threads import thread_pool

SYSTEM: ContextVar[str] = ContextVar("system", default="none")


def test_the_threads_see_what_was_set_before_the_pool_was_made_and_keep_it_to_themselves() -> None:
    token = SYSTEM.set("tripica")
    with thread_pool(1, "copy") as threads:
        SYSTEM.reset(token)
        assert threads.submit(SYSTEM.get).result() == "tripica"
        assert threads.submit(lambda: threading.current_thread().name).result() == "copy_0"
    assert SYSTEM.get() == "none"
