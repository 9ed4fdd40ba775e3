"""Runs the text of a script as a part of a transaction that it cannot end, whatever stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from billing_aggregator.run.lock import Holder, guard
from billing_aggregator.scripts.sql.transactions import find_transaction_control
from postgres_to_s3.columns import Column, distinct_names
from postgres_to_s3.errors import PermanentError, TransientError
from postgres_to_s3.postgres.drivers import Row
from postgres_to_s3.postgres.failures import sqlstate_of
from postgres_to_s3.postgres.query import single_query
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.retryable import is_transient

# The server refuses all that ends or begins a transaction in a text that a function executes; it reads the text as it
# would read it from a client, statement by statement.
EXECUTE = "begin execute {}; end"
# A text must not end in `select ... into`, which would be taken for the block's own.
LAST_STATEMENT = "\n;select"
# What the server says of a statement that ends the transaction, in the script itself and in a function or block.
NOT_SUPPORTED = "0A000"
ENDED_IN_FUNCTION = "2D000"
REMEDY = "A script is one transaction: remove the statements that begin or end one."


@contextmanager
def guarded_transaction(session: Session, holder: Holder) -> Iterator[None]:
    """A transaction that a run may commit as long as it holds the warehouse."""
    session.execute("begin")
    session.execute(guard(holder))
    yield
    session.execute("commit")


def run_statements(session: Session, text: str) -> None:
    """Run all statements of a script in the session's transaction.

    :raises TransientError, PermanentError: with the server's message and the line of the script, in three short lines
    """
    executed = text + LAST_STATEMENT
    try:
        session.execute(f"do {session.quote_text(EXECUTE.format(session.quote_text(executed)))}")
    except Exception as error:
        kind = TransientError if is_transient(error) else PermanentError
        raise kind(_message(error, executed)) from error


def first_row(session: Session, text: str) -> dict[str, object]:
    """Return the first row of a script that is one query, by the names of its columns; each name stands once.

    :raises PermanentError: it is not one query that only reads, or has no row
    """
    query = single_query(text)
    session.check_query(query)
    with session.cursor() as cursor:
        cursor.execute(query, None)
        row: Row | None = cursor.fetchone()
        if row is None:
            raise PermanentError("expected a row of true values, found no row")
        names = distinct_names([Column(column[0], "") for column in cursor.description or ()])
        return dict(zip(names, row, strict=True))


def _message(error: Exception, text: str) -> str:
    """The server's message as psycopg would show it of a script that was sent as it stands."""
    told: Any = getattr(error, "diag", None)
    if not getattr(told, "message_primary", None):
        return f"{type(error).__name__}: {str(error).strip()}"
    parts = [f"{type(error).__name__}: {told.message_primary}"]
    if told.internal_position:
        parts += _place(told.internal_query, int(told.internal_position))
    if told.internal_query not in (None, text):
        parts.append(f"QUERY:  {told.internal_query}")
    facts = {"DETAIL": told.message_detail, "HINT": told.message_hint, "CONTEXT": _own_context(told.context, text)}
    parts += [f"{name}:  {fact}" for name, fact in facts.items() if fact]
    return "\n".join([*parts, *_ending(sqlstate_of(error), text)])


def _ending(sqlstate: str, text: str) -> list[str]:
    """What to do about a script that ends its transaction."""
    statements = find_transaction_control(text) if sqlstate == NOT_SUPPORTED else []
    if not statements and sqlstate != ENDED_IN_FUNCTION:
        return []
    found = ", ".join(f"{statement.text!r} in line {statement.line}" for statement in statements) or "see above"
    return [f"The script ends the transaction it runs in: {found}. {REMEDY}"]


def _place(query: str, position: int) -> list[str]:
    """The line that an error points to, and a mark below the place."""
    before = query[: position - 1]
    number = before.count("\n") + 1
    begin = f"LINE {number}: "
    line = query.split("\n")[number - 1]
    return [f"{begin}{line}", " " * (len(begin) + len(before.rpartition("\n")[2])) + "^"]


def _own_context(context: str | None, text: str) -> str:
    """The functions and blocks of the script that an error passed through, without how the script itself is run."""
    inside, is_in_script, _ = (context or "").rpartition(text)
    return inside.rpartition("\n")[0] if is_in_script else (context or "").rpartition("\n")[0]
