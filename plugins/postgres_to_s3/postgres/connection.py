"""What an export needs of a connection to PostgreSQL, whichever driver Airflow uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

# The values of a row have whatever type the driver makes of them.
Row = Sequence[Any]
WriteRow = Callable[[bytes | memoryview], object]


class Cursor(Protocol):
    """A cursor of either driver."""

    @property
    def description(self) -> Sequence[Row] | None:
        """The columns of the last result, each with its name first."""

    @property
    def rowcount(self) -> int:
        """How many rows the last statement gave or moved over."""

    def execute(self, query: str, values: Row | None = None, /) -> object:
        """Run a statement."""

    def fetchone(self) -> Row | None:
        """The next row, None after the last one."""

    def fetchall(self) -> list[Row]:
        """All rows that are left."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


class Connection(Protocol):
    """A connection of either driver, as far as they are alike."""

    @property
    def closed(self) -> int:
        """Whether it was closed or lost."""

    def cursor(self) -> Cursor:
        """A new cursor."""

    def cancel(self) -> None:
        """Cancel the running statement, from any thread."""

    def close(self) -> None:
        """End the session."""


@dataclass(frozen=True)
class ResultColumn:
    """A column of a result.

    :param type_oid: the number that PostgreSQL has for its type
    :param precision: digits of a ``numeric`` that has a limit, else None
    :param scale: digits of these behind the decimal point
    """

    name: str
    type_oid: int
    precision: int | None
    scale: int | None


class Driver(Protocol):
    """What an export does in another way with each driver."""

    def prepare(self) -> None:
        """Let statements commit by themselves, rows be tuples, and text be UTF-8, whatever Airflow has set."""

    def quote_name(self, *parts: str) -> str:
        """An identifier in SQL, such as ``"schema"."name"``."""

    def quote_text(self, text: str) -> str:
        """A text in SQL."""

    def describe(self, query: str) -> list[ResultColumn]:
        """The columns of a query, which is run."""

    def stream_rows(self, statement: str, write: WriteRow) -> int:
        """Run ``copy … to stdout``, call ``write`` with the bytes of each row, return how many PostgreSQL says it sent.

        PostgreSQL sends each row as one CopyData message; each costs 0.3 to 0.5 µs of CPU time with either driver.
        """
