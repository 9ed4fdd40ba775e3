"""Why an export stopped, and whether a retry can help.

ExportError              an export stopped; the last one is still what is published, unless the message says otherwise
├── TransientError       network, load, lost connection: a retry can help
└── PermanentError       data, permission, configuration: a retry cannot help
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

# Says of an error: True, a retry can help; False, it cannot; None, it is of no library that is known here.
Judge = Callable[[BaseException], bool | None]
PERMANENT_OS_ERRORS = (
    FileNotFoundError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)


class ExportError(Exception):
    """An export stopped; the last one is still what is published, unless the message says that the new one is.

    :param remedy: what to do, where clearing the task is not enough
    """

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy


class TransientError(ExportError):
    """A failure that a retry can heal: network, overload, a lost connection, a lock."""


class PermanentError(ExportError):
    """A failure that a retry cannot heal: data, permission, configuration."""


class Failures:
    """Which errors are worth a retry: those of this package, of the operating system, and of some libraries.

    :param judges: one for each library
    """

    def __init__(self, *judges: Judge) -> None:
        self._judges = (*judges, judge_system_error)

    def is_transient(self, error: BaseException) -> bool:
        """Say whether a retry can help.

        An error that nobody knows, and a plain `ExportError`, is as its `__cause__` is; without one it is permanent.
        """
        if isinstance(error, (TransientError, PermanentError)):
            return isinstance(error, TransientError)
        verdict = self._judge(error)
        if verdict is None and error.__cause__ is not None:
            return self.is_transient(error.__cause__)
        return bool(verdict)

    def is_known(self, error: BaseException) -> bool:
        """Whether the error is of a kind whose message says all: one of this package's, a library's or the system's.

        An error that this package raised for another one has the same verdict as its cause.
        """
        if isinstance(error, ExportError):
            return error.__cause__ is None or self.is_known(error.__cause__)
        return self._judge(error) is not None

    @contextmanager
    def named(self, what: str) -> Iterator[None]:
        """Let every error inside say what it happened to, such as a key in S3.

        :raises TransientError: a retry can help
        :raises PermanentError: a retry cannot help
        """
        try:
            yield
        except Exception as error:
            kind = TransientError if self.is_transient(error) else PermanentError
            if isinstance(error, ExportError):
                raise kind(f"{what}: {error}", error.remedy) from error
            raise kind(f"{what}: {type(error).__name__}: {str(error).strip()}") from error

    def _judge(self, error: BaseException) -> bool | None:
        verdicts = (judge(error) for judge in self._judges)
        return next((verdict for verdict in verdicts if verdict is not None), None)


def judge_system_error(error: BaseException) -> bool | None:
    """Judge an error of the operating system: all may pass but those about a path or a certificate."""
    if not isinstance(error, OSError):
        return None
    is_certificate_error = isinstance(error, ValueError)
    return not (is_certificate_error or isinstance(error, PERMANENT_OS_ERRORS))


def packages_of(thing: object) -> set[str]:
    """Return the names of the packages that a thing's class and their bases come from."""
    return {base.__module__.partition(".")[0] for base in type(thing).__mro__}
