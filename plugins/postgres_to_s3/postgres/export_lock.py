"""The lock that lets one attempt at a time export under a name, for as long as its session lives."""

from __future__ import annotations

import hashlib

from postgres_to_s3.errors import TransientError
from postgres_to_s3.postgres.drivers import sqlstate_of
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
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    session.execute("select set_config('application_name', %s, false)", (holder[:63],))
    session.execute("begin")
    try:
        session.execute(f"set local lock_timeout = {max(1, round(WAIT_SECONDS * 1000))}")
        session.execute("select pg_advisory_lock(%s)", (key,))
    except Exception as error:
        if sqlstate_of(error) != LOCK_NOT_AVAILABLE:
            raise
        session.execute("rollback")
        found = session.fetch_row(HOLDER, (key,))[0] or "a session that has just ended"
        raise TransientError(
            f"another attempt is exporting {name!r}: {found}. Wait for it, or end its session in the warehouse."
        ) from error
    session.execute("commit")
