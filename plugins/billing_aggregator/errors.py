"""The errors of this package, and which of all errors are worth a retry.

BillingAggregatorError
├── SettingsError        environment variables are missing or wrong (also a ValueError)
├── ScriptTreeError      the folder of SQL scripts breaks a rule    (also a ValueError)
└── ExportError          an export stopped; see below what is visible
    ├── TransientError   network, load, lost connection: a retry can help
    └── PermanentError   data, permission, configuration: a retry cannot help
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from billing_aggregator.driver_errors import judge_driver_error

_PERMANENT_OS_ERRORS = (
    FileNotFoundError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)


class BillingAggregatorError(Exception):
    """Base of every error this package raises on purpose."""


class _ProblemsError(BillingAggregatorError, ValueError):
    """Several problems found at once, shown one per line under a heading that says what to do."""

    remedy: str

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        count = f"{len(self.problems)} problem{'' if len(self.problems) == 1 else 's'}"
        return "\n".join([f"{count} in {self.remedy}:", *(f"  - {problem}" for problem in self.problems)])


class SettingsError(_ProblemsError):
    """Environment variables are missing or wrong; `problems` holds one sentence for each."""

    remedy = "the settings; correct these environment variables of the Airflow processes"


class ScriptTreeError(_ProblemsError):
    """The folder of SQL scripts breaks a rule; `problems` holds a sentence for each, naming path and rule."""

    remedy = "the script tree; correct these files or folders (the rules: include/sql/README.md)"


class ExportError(BillingAggregatorError):
    """An export stopped; the last one is still what is published, unless the message says that the new one is."""


class TransientError(ExportError):
    """A failure that a retry can heal: network, overload, a lost connection, a lock."""


class PermanentError(ExportError):
    """A failure that a retry cannot heal: data, permission, configuration."""


def is_transient(error: BaseException) -> bool:
    """Say whether a retry can help.

    Knows the errors of this package, psycopg2, psycopg, botocore, boto3, urllib3 and the operating system.
    Any other error, and a plain `ExportError`, is as its `__cause__` is; without one it is permanent.
    """
    if isinstance(error, TransientError):
        return True
    if isinstance(error, (PermanentError, _ProblemsError)):
        return False
    verdict = judge_driver_error(error)
    if verdict is None:
        verdict = _judge_builtin_error(error)
    if verdict is None and error.__cause__ is not None:
        return is_transient(error.__cause__)
    return bool(verdict)


@contextmanager
def named_errors(what: str) -> Iterator[None]:
    """Let every error inside say what it happened to, such as a key in S3.

    :raises TransientError: a retry can help
    :raises PermanentError: a retry cannot help
    """
    try:
        yield
    except Exception as error:
        kind = TransientError if is_transient(error) else PermanentError
        reason = str(error) if isinstance(error, ExportError) else f"{type(error).__name__}: {str(error).strip()}"
        raise kind(f"{what}: {reason}") from error


def _judge_builtin_error(error: BaseException) -> bool | None:
    """Judge an error of the operating system: all may pass but those about a path or a certificate."""
    if not isinstance(error, OSError):
        return None
    is_certificate_error = isinstance(error, ValueError)
    return not (is_certificate_error or isinstance(error, _PERMANENT_OS_ERRORS))
