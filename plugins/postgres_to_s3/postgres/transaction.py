"""The transaction of an export: one moment for rows and catalogue, from the first query to the last row.

The snapshot shows all that was committed before the export had locked what its query reads. In the other order somebody
may replace a table, a view or a partition in between, and the query would read the new one with a snapshot that is too
old to show its rows. No lock keeps others from attaching a partition, or from changing functions, types and roles: so
the catalogue in the snapshot is compared with the one in force when the last row has been read.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from threading import Lock
from types import TracebackType
from typing import Self

from postgres_to_s3.errors import TransientError
from postgres_to_s3.postgres.catalogue import Catalogue, changed_entries
from postgres_to_s3.postgres.drivers import Row
from postgres_to_s3.postgres.failures import sqlstate_of
from postgres_to_s3.postgres.query import without_rows
from postgres_to_s3.postgres.session import Connect, Session

log = logging.getLogger(__name__)

# A further session must not wait for a lock behind somebody who waits for this export's own locks.
JOIN_LOCK_SECONDS = 2
# How often the catalogue is looked at before the end: an export of many small files would do nothing else.
CHECK_SECONDS = 1.0
# The same server and database: through a pool or a name with several addresses a connection may reach another one.
IDENTITY = "select pg_postmaster_start_time()::text, current_database()::text, current_user::text"
# Classes of SQLSTATEs: names, definitions and rights that do not fit together.
DEFINITIONS = ("3F", "42")
IN_FAILED_TRANSACTION = "25P02"
SHOWN_CHANGES = 10


class UnnamedChangeError(TransientError):
    """Something under the query has changed; the catalogue may say what."""


class Transaction:
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
        self._catalogue = Catalogue(session, query)
        self._locked: Sequence[int] = ()
        self._entries: Mapping[str, str] = {}
        self._identity: Row = ()
        self._is_checking = Lock()
        # Not before it has begun.
        self._checked_at = math.inf

    def begin(self) -> Self:
        """Begin the transaction and lock what the query reads."""
        self._lock(self._tables())
        self.session.execute(without_rows(self.query))
        self._locked = self._catalogue.relations()
        self._entries = self._catalogue.entries(self._locked, self._locked)
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

    def join(self, query: str) -> Session:
        """Open a further session that sees what this one sees and has locked what the query reads.

        It locks that while there is a way back to fewer sessions.
        """
        moment, holder = self.session.fetch_row("select pg_export_snapshot(), current_setting('application_name')")
        further = self._connect()
        try:
            further.prepare()
            further.execute("select set_config('application_name', %s, false)", (holder,))
            further.begin_reading()
            further.execute(f"set transaction snapshot {further.quote_text(moment)}")
            further.execute(f"set local lock_timeout = '{JOIN_LOCK_SECONDS}s'")
            further.execute(without_rows(query))
        except Exception:
            further.close()
            raise
        return further

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
        self._compare(in_force or self._catalogue.entries(relations, self._locked))

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

    def _tables(self) -> Sequence[str]:
        """Return what the query reads and can be locked by name, once nobody else locks it."""
        self.session.execute("begin isolation level read committed, read only")
        self.session.execute(without_rows(self.query))
        names = self._catalogue.lockable()
        self.session.execute("commit")
        return names

    def _lock(self, tables: Sequence[str]) -> None:
        """Begin, without a snapshot yet, and lock the tables and all that views and partitions consist of.

        They stay unlocked where a view's owner may read only some columns, or where one of them has just gone.
        """
        self.session.begin_reading()
        if not tables:
            return
        try:
            self.session.execute(f"lock table {', '.join(tables)} in access share mode")
        except Exception as error:
            if not sqlstate_of(error).startswith(DEFINITIONS):
                raise
            self.session.execute("rollback")
            self.session.begin_reading()

    def _touch(self) -> Sequence[int]:
        """Return the relations that were read until now, and know their entries in the snapshot, if it still lives."""
        try:
            relations = self._catalogue.relations()
        except Exception as error:
            if sqlstate_of(error) != IN_FAILED_TRANSACTION:
                raise
            return self._locked
        if relations != self._locked:
            self._entries = self._catalogue.entries(relations, self._locked)
        return relations

    def _read_in_force(self, relations: Sequence[int]) -> Mapping[str, str]:
        """Return the entries as a further connection sees them; none if no connection is free."""
        try:
            with closing(self._connect()) as further:
                further.prepare()
                if further.fetch_row(IDENTITY) == self._identity:
                    return Catalogue(further, self.query).entries(relations, self._locked)
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
