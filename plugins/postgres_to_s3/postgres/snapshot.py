"""The moment an export is of: one read-only view of the warehouse, in which no table has been made again since."""

from __future__ import annotations

from postgres_to_s3.errors import TransientError
from postgres_to_s3.postgres.query import without_rows
from postgres_to_s3.postgres.session import Session

ATTEMPTS = 3

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


def begin_transaction(session: Session) -> None:
    """Begin a transaction in which all statements see the same rows and none can write, until the session ends."""
    session.execute("begin isolation level repeatable read, read only")


def begin_snapshot(session: Session, query: str) -> None:
    """Begin the transaction with a view in which no table of the query looks empty because it was made again.

    What the query reads stays locked until the session ends, so that this cannot happen later either.

    :raises TransientError: it happened again and again
    """
    for _ in range(ATTEMPTS):
        begin_transaction(session)
        session.execute(without_rows(query))
        tables = session.fetch_row(REWRITTEN)[0]
        if not tables:
            return
        session.execute("rollback")
    raise _made_again(tables)


def join_snapshot(session: Session, snapshot: str, query: str, lock_seconds: int) -> None:
    """Begin the transaction with the view of another session, and lock what the query reads.

    :param snapshot: the identifier that the other session has exported
    :param lock_seconds: how long to wait for a lock
    """
    begin_transaction(session)
    session.execute(f"set transaction snapshot {session.quote_text(snapshot)}")
    session.execute(f"set local lock_timeout = '{lock_seconds}s'")
    session.execute(without_rows(query))


def check_snapshot(session: Session) -> None:
    """Check that the session still lives, and with it the export's lock and its view.

    :raises Exception: the driver's own error, if the session has ended
    :raises TransientError: a table that only the copy has read, such as one in a function, was made again before
    """
    tables = session.fetch_row(REWRITTEN)[0]
    if tables:
        raise _made_again(tables)


def _made_again(tables: str) -> TransientError:
    return TransientError(f"tables of the query are being made again: {tables}; export when that has ended")
