"""The snapshot of an export: one moment for rows and catalogue, from the first query to the last row.

The snapshot shows all that was committed before the export had locked what its query reads. In the other order somebody
may replace a table, a view or a partition in between, and the query would read the new one with a snapshot that is too
old to show its rows. No lock keeps others from attaching a partition, or from changing functions, types and roles: so
the catalogue in the snapshot is compared with the one in force when the last row has been read.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from threading import Lock
from types import TracebackType
from typing import Self

from postgres_to_s3.errors import TransientError
from postgres_to_s3.postgres.catalogue import changed_entries, locked_relations, read_entries
from postgres_to_s3.postgres.connection import Row
from postgres_to_s3.postgres.failures import sqlstate_of
from postgres_to_s3.postgres.query import without_rows
from postgres_to_s3.postgres.session import Connect, Session

log = logging.getLogger(__name__)

# How often the catalogue is looked at before the end: an export of many small files would do nothing else.
CHECK_SECONDS = 1.0
# The same server and database: through a pool or a name with several addresses a connection may reach another one.
IDENTITY = "select pg_postmaster_start_time()::text, current_database()::text, current_user::text"
# Classes of SQLSTATEs: names, definitions and rights that do not fit together.
DEFINITIONS = ("3F", "42")
IN_FAILED_TRANSACTION = "25P02"
SHOWN_CHANGES = 10

# Materialised views and foreign tables cannot be locked by name, nor tables of which the role may read some columns.
LOCKABLE = """
select coalesce(array_agg(format('%%I.%%I', nspname, relname) order by pg_class.oid), '{}')
from pg_class
join pg_namespace on pg_namespace.oid = relnamespace
where pg_class.oid = any (%s::oid[]) and relkind in ('r', 'p', 'v') and has_table_privilege(pg_class.oid, 'select')
"""


def begin_transaction(session: Session) -> None:
    """Begin a transaction in which all statements see the same rows and none can write, until the session ends."""
    session.execute("begin isolation level repeatable read, read only")


class UnnamedChangeError(TransientError):
    """Something under the query has changed; the catalogue may say what."""


class Snapshot:
    """The transaction in which an export reads; what it read counts only if nothing under the query changed meanwhile.

    :param session: reads in the transaction; what the query reads stays locked until it ends
    :param query: gives the rows
    :param connect: opens a further session, for a moment, that sees the catalogue in force; the export does without
        where there is none
    """

    def __init__(self, session: Session, query: str, connect: Connect) -> None:
        self.session = session
        self.query = query
        self._connect = connect
        self._locked: Sequence[int] = ()
        self._entries: Mapping[str, str] = {}
        self._identity: Row = ()
        self._is_checking = Lock()
        self._checked_at = 0.0

    def begin(self) -> Self:
        """Begin the transaction and lock what the query reads."""
        _lock(self.session, _tables_of(self.session, self.query))
        self.session.execute(without_rows(self.query))
        self._locked = locked_relations(self.session)
        self._entries = self._read_entries(self.session, self._locked)
        self._identity = self.session.fetch_row(IDENTITY)
        self._checked_at = time.monotonic()
        return self

    def check(self) -> None:
        """Check early that nothing has changed, from any thread; the last word is that of ``end``.

        :raises TransientError: names what has changed
        """
        with self._is_checking:
            if time.monotonic() - self._checked_at >= CHECK_SECONDS:
                self._compare(self._read_in_force(self._locked) or self._entries)
                self._checked_at = time.monotonic()

    def end(self) -> None:
        """End the transaction and check that nothing under the query has changed since it began.

        :raises TransientError: names what has changed
        :raises Exception: the driver's own error, if the session has ended
        """
        relations = self._touch()
        in_force = self._read_in_force(relations)
        self.session.execute("rollback")
        # Without a further connection those who waited for the locks may have been faster: then the export is refused
        # for a change that did not touch it.
        self._compare(in_force or self._read_entries(self.session, relations))

    def __enter__(self) -> Self:
        """Begin the transaction."""
        return self.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the transaction; an error for which a change is to blame gives way to one that names the change."""
        is_named = isinstance(error, TransientError) and not isinstance(error, UnnamedChangeError)
        if error is None:
            self.end()
        elif isinstance(error, Exception) and not is_named:
            self._blame_change(error)

    def _touch(self) -> Sequence[int]:
        """Return the relations that were read until now, and know their entries in the snapshot, if it still lives."""
        try:
            relations = locked_relations(self.session)
        except Exception as error:
            if sqlstate_of(error) != IN_FAILED_TRANSACTION:
                raise
            return self._locked
        if relations != self._locked:
            self._entries = self._read_entries(self.session, relations)
        return relations

    def _read_entries(self, session: Session, relations: Sequence[int]) -> Mapping[str, str]:
        return read_entries(session, self.query, relations, self._locked)

    def _read_in_force(self, relations: Sequence[int]) -> Mapping[str, str]:
        """Return the entries as a further connection sees them; none if no connection is free."""
        try:
            with closing(self._connect()) as further:
                further.prepare()
                if further.fetch_row(IDENTITY) == self._identity:
                    return self._read_entries(further, relations)
                log.info("A further connection reached another server or database: the catalogue is compared later")
        except Exception as error:  # the export does not depend on it
            log.info("No further connection to compare the catalogue: %s", str(error).strip())
        return {}

    def _compare(self, in_force: Mapping[str, str]) -> None:
        changed = changed_entries(self._entries, in_force)
        if changed:
            more = f" and {len(changed) - SHOWN_CHANGES} more" if len(changed) > SHOWN_CHANGES else ""
            raise TransientError(
                f"the export read from a warehouse that was being changed: {', '.join(changed[:SHOWN_CHANGES])}{more};"
                " nothing was published. Export again when the changes have ended."
            )

    def _blame_change(self, error: Exception) -> None:
        try:
            self.end()
        except TransientError as change:
            raise change from error
        except Exception:
            # The session has gone: the first error is the one to report.
            return


def _tables_of(session: Session, query: str) -> list[str]:
    """Return the tables and views that the query reads and that can be locked by name, once nobody else locks them."""
    session.execute("begin isolation level read committed, read only")
    session.execute(without_rows(query))
    names: list[str] = session.fetch_row(LOCKABLE, (locked_relations(session),))[0]
    session.execute("commit")
    return names


def _lock(session: Session, tables: Sequence[str]) -> None:
    """Begin the transaction, without a snapshot yet, and lock the tables and all that views and partitions consist of.

    They stay unlocked where a view's owner may read only some columns, or where one of them has just gone.
    """
    begin_transaction(session)
    if not tables:
        return
    try:
        session.execute(f"lock table {', '.join(tables)} in access share mode")
    except Exception as error:
        if not sqlstate_of(error).startswith(DEFINITIONS):
            raise
        session.execute("rollback")
        begin_transaction(session)
