"""The warehouse session of an export: it renders every value alike, is the export's only one, and has one snapshot."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Sequence
from typing import Any

from postgres_to_s3.errors import TransientError
from postgres_to_s3.retryable import sqlstate_of

# Longer than the server takes to notice that a killed attempt's process has gone (client_connection_check_interval).
LOCK_SECONDS = 15.0
SNAPSHOT_ATTEMPTS = 3
LOCK_NOT_AVAILABLE = "55P03"

# A session that renders every value the same way, whatever the server's or the role's defaults are, and that reads
# a table from its first page on and in one process: the same table gives the same bytes. It outlives the pauses in
# which the last parts reach S3, and does not wait for ever for a table that somebody else has locked. The server ends
# it, and with it the export's lock, some minutes after the client's machine has vanished without a word: later than the
# client of S3 gives up, because rows that nobody takes while an upload stalls look alike.
SESSION = """
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set lc_monetary = 'C';
set timezone = 'UTC';
set bytea_output = 'hex';
set client_encoding = 'UTF8';
set extra_float_digits = 1;
set synchronize_seqscans = off;
set max_parallel_workers_per_gather = 0;
set idle_in_transaction_session_timeout = 0;
set client_connection_check_interval = '10s';
set tcp_keepalives_idle = 60;
set tcp_keepalives_interval = 10;
set tcp_user_timeout = '7min';
select set_config('lock_timeout', '5min', false) where current_setting('lock_timeout') = '0'
"""

# A snapshot cannot show what was there before a table was truncated or made again: where the snapshot is older, the
# table looks empty. The catalogue as of the snapshot (pg_class) differs then from the one in force.
REWRITTEN = """
select string_agg(distinct lock.relation::regclass::text, ', ')
from pg_locks as lock
left join pg_class as known on known.oid = lock.relation
where lock.pid = pg_backend_pid() and lock.locktype = 'relation' and lock.granted and lock.relation >= 16384
    and lock.database = (select oid from pg_database where datname = current_database())
    and known.relfilenode is distinct from coalesce(pg_relation_filenode(lock.relation), 0)
    -- an index that was made since hides no row
    and pg_get_indexdef(lock.relation) is null
"""
LOCK_HOLDER = """
select string_agg(format('%%s (pid %%s, since %%s)', application_name, pid, backend_start), ', ')
from pg_stat_activity
where datname = current_database() and pid in (
    select pid from pg_locks
    where locktype = 'advisory' and granted and (classid::bigint << 32) | objid::bigint = %s
)
"""


def open_session(connection: Any) -> None:
    """Make a new connection render values the same way as any other; each statement commits by itself.

    The connection's own ``lock_timeout`` stays; without one it is five minutes.
    """
    connection.autocommit = True
    # Rows are read by place, whatever the Airflow connection wants.
    if hasattr(connection, "row_factory"):
        connection.row_factory = importlib.import_module("psycopg.rows").tuple_row
    else:
        connection.cursor_factory = None
        # psycopg 2 does not notice when SQL changes the encoding.
        connection.set_client_encoding("UTF8")
    execute(connection, SESSION)


def lock_export(connection: Any, name: str, holder: str) -> None:
    """Claim the export called ``name`` for as long as the connection lives; waits for one that is being ended.

    :param holder: how this attempt is called, shown to others as the session's application name
    :raises TransientError: another attempt holds the export; names it
    """
    key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    execute(connection, "select set_config('application_name', %s, false)", (holder[:63],))
    execute(connection, "begin")
    try:
        execute(connection, f"set local lock_timeout = {max(1, round(LOCK_SECONDS * 1000))}")
        execute(connection, "select pg_advisory_lock(%s)", (key,))
    except Exception as error:
        if sqlstate_of(error) != LOCK_NOT_AVAILABLE:
            raise
        execute(connection, "rollback")
        raise TransientError(
            f"another attempt is exporting {name!r}: {_lock_holder(connection, key)}."
            " Wait for it, or end its session in the warehouse."
        ) from error
    execute(connection, "commit")


def begin_snapshot(connection: Any) -> None:
    """One read-only view of the warehouse until the connection is closed: totals and rows are of one moment."""
    execute(connection, "begin isolation level repeatable read, read only")


def begin_snapshot_of(connection: Any, query: str) -> None:
    """As ``begin_snapshot``, and no table of the query has been made again since: nobody can until the end.

    :raises TransientError: that happened again and again
    """
    for _ in range(SNAPSHOT_ATTEMPTS):
        begin_snapshot(connection)
        execute(connection, f"select * from (\n{query}\n) as exported limit 0")
        tables = fetch_row(connection, REWRITTEN)[0]
        if not tables:
            return
        execute(connection, "rollback")
    raise _made_again(tables)


def confirm_session(connection: Any) -> None:
    """Raise the driver's error if the session has ended, and with it the export's lock and snapshot.

    :raises TransientError: a table that only the copy has touched, as a function's, was made again before it did
    """
    tables = fetch_row(connection, REWRITTEN)[0]
    if tables:
        raise _made_again(tables)


def execute(connection: Any, statement: str, values: Sequence[Any] | None = None) -> None:
    """Run a statement whose result does not matter."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def fetch_row(connection: Any, statement: str, values: Sequence[Any] | None = None) -> Sequence[Any]:
    """The first row of a query that has one."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        row: Sequence[Any] = cursor.fetchone()
        return row


def _made_again(tables: str) -> TransientError:
    return TransientError(f"the tables of the query are being made again: {tables}; export when that has ended")


def _lock_holder(connection: Any, key: int) -> str:
    return fetch_row(connection, LOCK_HOLDER, (key,))[0] or "a session that has just ended"
