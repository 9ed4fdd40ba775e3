"""The errors that the commands show to their user; the text says what was found, where, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class StackError(RuntimeError):
    """The embedded servers, or what runs on them, cannot do what was asked."""


class EndedError(StackError):
    """A server or a part of Airflow that was running has ended by itself."""


@contextmanager
def stack_errors(failure: str) -> Iterator[None]:
    """Turn every error inside the block into one that begins with this failure."""
    try:
        yield
    except StackError:
        raise
    except Exception as error:
        raise StackError(f"{failure}: {str(error).strip()}") from error
