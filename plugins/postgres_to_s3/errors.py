"""Why an export stopped, and whether a retry can help.

ExportError              an export stopped; the last one is still what is published, unless the message says otherwise
├── TransientError       network, load, lost connection: a retry can help
└── PermanentError       data, permission, configuration: a retry cannot help
"""

from __future__ import annotations


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
