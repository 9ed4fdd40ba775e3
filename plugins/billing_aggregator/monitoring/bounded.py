"""Does what involves a service that is not part of the batch: it may fail or hang without the batch noticing."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import copy_context
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.config import Config

log = logging.getLogger(__name__)

# In all, whatever the service does: it may accept a connection and never answer, or answer byte by byte.
SECONDS = 10.0
CONNECT_SECONDS = 2
READ_SECONDS = 3


def attempt(what: str, work: Callable[[], object], seconds: float = SECONDS) -> None:
    """Do the work for so many seconds at most; where it fails or takes longer, the log gets one warning.

    :param what: names the work in the warning, such as ``sending the metrics``
    """
    errors: list[BaseException] = []

    def guarded() -> None:
        try:
            work()
        except BaseException as error:  # none of them is the batch's
            errors.append(error)

    thread = Thread(target=copy_context().run, args=(guarded,), name="bounded", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        log.warning("%s did not end within %.0f s; the run goes on without it", what, seconds)
    for error in errors:
        log.warning("%s failed; the run goes on without it: %s: %s", what, type(error).__name__, error)


def quick_config() -> Config:
    """How AWS is called: two short attempts."""
    from botocore.config import Config

    return Config(
        connect_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        retries={"total_max_attempts": 2, "mode": "standard"},
    )
