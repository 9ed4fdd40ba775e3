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


def lock_export(session: Session, name: str, holder: str) -> None:
    """Claim the export called ``name`` until the session ends; waits some seconds for an attempt that is ending.

    :param holder: how this attempt is called, shown to others as the session's application name
    :raises TransientError: another attempt holds the export; names it
    """
    session.execute("select set_config('application_name', %s, false)", (holder[:63],))
    session.execute("begin")
    try:
        session.execute(f"set local lock_timeout = {max(1, round(WAIT_SECONDS * 1000))}")
        session.execute("select pg_advisory_lock(%s)", (_key(name),))
    except Exception as error:
        if sqlstate_of(error) != LOCK_NOT_AVAILABLE:
            raise
        session.execute("rollback")
        raise _is_taken(session, name) from error
    session.execute("commit")


def keep_export_locked(session: Session, name: str) -> None:
    """Keep the export called ``name`` until the transaction ends, whatever its statements give back.

    :param session: in the transaction, after ``lock_export``
    :raises TransientError: the query has given the lock back before, and another attempt has it; names that one
    """
    if not session.fetch_row("select pg_try_advisory_xact_lock(%s)", (_key(name),))[0]:
        raise _is_taken(session, name)


def lock_export_again(session: Session, name: str) -> None:
    """Keep the export called ``name`` until the session ends, whatever the statements of the transaction gave back.

    :param session: in the transaction that keeps the export locked
    """
    session.execute("select pg_advisory_lock(%s)", (_key(name),))


def _key(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def _is_taken(session: Session, name: str) -> TransientError:
    holder = session.fetch_row(HOLDER, (_key(name),))[0] or "a session that has just ended"
    return TransientError(
        f"another attempt is exporting {name!r}: {holder}. Wait for it, or end its session in the warehouse."
    )
