"""Turn the signals that end a program into exceptions, and keep them out while servers are being stopped."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def ending_signals_raise() -> Iterator[None]:
    """Within the block SIGTERM and SIGHUP raise SystemExit, so every `finally` runs (main thread only)."""
    with _handlers(ENDING, _raise_exit):
        yield


@contextmanager
def ending_signals_deferred() -> Iterator[None]:
    """Hold Ctrl-C, SIGTERM and SIGHUP back until the block has ended (main thread only).

    For the moment in which a server is started: an exception there would lose track of the new process.
    """
    received: list[int] = []
    with _handlers((signal.SIGINT, *ENDING), lambda number, _frame: received.append(number)):
        yield
    if received:
        signal.raise_signal(received[0])


@contextmanager
def ending_signals_ignored() -> Iterator[None]:
    """Within the block neither Ctrl-C nor a second SIGTERM interrupts (main thread only)."""
    with _handlers((signal.SIGINT, *ENDING), signal.SIG_IGN):
        yield


@contextmanager
def _handlers(numbers: tuple[signal.Signals, ...], handler: signal._HANDLER) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # What the caller ignores (nohup) stays ignored; what was not set from Python cannot be put back.
    kept = (signal.SIG_IGN, None)
    previous = {n: signal.signal(n, handler) for n in numbers if signal.getsignal(n) not in kept}
    try:
        yield
    finally:
        for number, old in previous.items():
            signal.signal(number, old)


def _raise_exit(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
