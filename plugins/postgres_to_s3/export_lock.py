"""The lock that lets one attempt at a time export under a name, for as long as its session lives.

The lock of the session is there before the snapshot, over all transactions in which that is sought. But a query can
give it back, by `pg_advisory_unlock_all()`. So the transaction of the snapshot takes the same lock again: no statement
gives back the lock of a transaction before its end.
"""

from __future__ import annotations

import hashlib

from postgres_to_s3.errors import TransientError
from postgres_to_s3.postgres.failures import sqlstate_of
from postgres_to_s3.postgres.session import Session

# Longer than the server takes to notice that a killed attempt's process has gone (client_connection_check_interval).
WAIT_SECONDS = 15.0
LOCK_NOT_AVAILABLE = "55P03"

HOLDER = """
select string_agg(format('%%s (pid %%s, since %%s)', application_name, pid, backend_start), ', ')
from pg_stat_activity
where datname = current_database() and pid in (
    select pid from pg_locks
    where locktype = 'advisory' and granted and (classid::bigint << 32) | objid::bigint = %s
)
"""


class ExportLock:
    """The lock of one export, in the session of one attempt.

    :param name: of the export
    """

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name
        self._key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)

    def claim(self, holder: str) -> None:
        """Claim the export until the session ends; waits some seconds for an attempt that is ending.

        :param holder: how this attempt is called, shown to others as the session's application name
        :raises TransientError: another attempt holds the export; names it
        """
        self._session.execute("select set_config('application_name', %s, false)", (holder[:63],))
        self._session.execute("begin")
        try:
            self._session.execute(f"set local lock_timeout = {max(1, round(WAIT_SECONDS * 1000))}")
            self.claim_again()
        except Exception as error:
            if sqlstate_of(error) != LOCK_NOT_AVAILABLE:
                raise
            self._session.execute("rollback")
            raise self._is_taken() from error
        self._session.execute("commit")

    def keep(self) -> None:
        """Keep the export, once claimed, until the transaction of the session ends, whatever its statements give back.

        :raises TransientError: the query has given the lock back before, and another attempt has it; names that one
        """
        if not self._session.fetch_row("select pg_try_advisory_xact_lock(%s)", (self._key,))[0]:
            raise self._is_taken()

    def claim_again(self) -> None:
        """Keep the export until the session ends, whatever the statements of the transaction gave back."""
        self._session.execute("select pg_advisory_lock(%s)", (self._key,))

    def _is_taken(self) -> TransientError:
        holder = self._session.fetch_row(HOLDER, (self._key,))[0] or "a session that has just ended"
        return TransientError(
            f"another attempt is exporting {self._name!r}: {holder}. Wait for it, or end its session in the warehouse."
        )
