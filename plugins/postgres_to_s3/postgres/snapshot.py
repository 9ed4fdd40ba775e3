"""The snapshot of an export: it shows all that was committed before the export had locked what its query reads.

In the other order somebody may replace a table, a view or a partition in between, and the query would read the new one
with a snapshot that is too old to show its rows.
"""

from __future__ import annotations

from postgres_to_s3.errors import TransientError
from postgres_to_s3.postgres.drivers import sqlstate_of
from postgres_to_s3.postgres.query import without_rows
from postgres_to_s3.postgres.session import Session

ATTEMPTS = 10
# Once the snapshot is taken nothing may be waited for; PostgreSQL knows no shorter time.
NO_WAIT = "1ms"
LOCK_NOT_AVAILABLE = "55P03"
NOT_PERMITTED = "42501"
# Classes of SQLSTATEs: names and definitions that do not fit together, as after a change.
DEFINITIONS = ("3F", "42")

# Locks of other sessions are left aside before anything is looked up about them: their tables may vanish at any moment.
# ``offset 0`` keeps PostgreSQL from doing it in another order.
OWN_LOCKS = """
    select distinct relation from pg_locks
    where pid = pg_backend_pid() and locktype = 'relation' and granted and relation >= 16384
        and database = (select oid from pg_database where datname = current_database())
    offset 0
"""
# Materialised views and foreign tables cannot be locked by name, nor tables of which the role may read some columns.
LOCKABLE = f"""
select
    coalesce(array_agg(relation::bigint order by relation), '{{}}'),
    coalesce(array_agg(relation::regclass::text order by relation), '{{}}')
from ({OWN_LOCKS}) as own
join pg_class on pg_class.oid = relation
where relkind in ('r', 'p', 'v') and has_table_privilege(relation, 'select')
"""
# The catalogue as the snapshot shows it differs from the one in force: a table was made, rewritten or renamed since. An
# index that was made since hides no row.
REPLACED = f"""
select string_agg(relation::regclass::text, ', ' order by relation::regclass::text)
from ({OWN_LOCKS}) as own
left join pg_class on pg_class.oid = relation
left join pg_namespace on pg_namespace.oid = relnamespace
where pg_index_has_property(relation, 'clusterable') is null
    and (
        relfilenode is distinct from coalesce(pg_relation_filenode(relation), 0)
        or relation::regclass::text not in (quote_ident(relname), quote_ident(nspname) || '.' || quote_ident(relname))
    )
"""


def begin_transaction(session: Session) -> None:
    """Begin a transaction in which all statements see the same rows and none can write, until the session ends."""
    session.execute("begin isolation level repeatable read, read only")


def begin_snapshot(session: Session, query: str) -> None:
    """Begin the transaction with a snapshot that shows the rows of every table as the query finds it.

    What the query reads stays locked until the session ends, so that nothing of it is replaced later either.

    :raises TransientError: something of it was replaced again and again
    """
    for _ in range(ATTEMPTS):
        tables = _tables_of(session, query)
        try:
            _take_snapshot(session, query, is_locked=_lock(session, tables))
        except _ReplacedError as error:
            replaced = error
            session.execute("rollback")
        else:
            return
    raise _being_replaced(str(replaced)) from replaced


def join_snapshot(session: Session, snapshot: str, query: str, lock_seconds: int) -> None:
    """Begin the transaction with the snapshot of another session, and lock what the query reads.

    :param snapshot: the identifier that the other session has exported
    :param lock_seconds: how long to wait for a lock
    """
    begin_transaction(session)
    session.execute(f"set transaction snapshot {session.quote_text(snapshot)}")
    session.execute(f"set local lock_timeout = '{lock_seconds}s'")
    session.execute(without_rows(query))


def check_snapshot(session: Session) -> None:
    """Check that the session still lives, and with it the export's lock and snapshot.

    :raises Exception: the driver's own error, if the session has ended
    :raises TransientError: a table that only the copy has read, such as one in a function, was replaced before
    """
    tables = session.fetch_row(REPLACED)[0]
    if tables:
        raise _being_replaced(tables)


class _ReplacedError(Exception):
    """Something that the query reads was replaced between two steps; the message names it."""


def _tables_of(session: Session, query: str) -> list[str]:
    """The tables and views that the query reads and that can be locked by name, once nobody else locks them."""
    session.execute("begin isolation level read committed, read only")
    session.execute(without_rows(query))
    names: list[str] = session.fetch_row(LOCKABLE)[1]
    session.execute("commit")
    return names


def _lock(session: Session, tables: list[str]) -> bool:
    """Begin the transaction, without a snapshot yet, and lock the tables and all that views and partitions consist of.

    :return: whether they are locked; they are not where a view's owner may read only some columns of a table
    """
    begin_transaction(session)
    if not tables:
        return False
    try:
        session.execute(f"lock table {', '.join(tables)} in access share mode")
    except Exception as error:
        state = sqlstate_of(error)
        if not state.startswith(DEFINITIONS):
            raise
        if state != NOT_PERMITTED:
            raise _ReplacedError(", ".join(tables)) from error
        session.execute("rollback")
        begin_transaction(session)
        return False
    return True


def _take_snapshot(session: Session, query: str, *, is_locked: bool) -> None:
    """Take the snapshot, then let the query find its tables without waiting for any.

    :raises _ReplacedError: it finds others than those that were locked before, or has to wait
    """
    locked = session.fetch_row(LOCKABLE)[0]
    (lock_timeout,) = session.fetch_row("show lock_timeout")
    session.execute(f"set local lock_timeout = '{NO_WAIT}'")
    try:
        session.execute(without_rows(query))
    except Exception as error:
        if not sqlstate_of(error).startswith((LOCK_NOT_AVAILABLE, *DEFINITIONS)):
            raise
        raise _ReplacedError(str(error).partition("\n")[0]) from error
    session.execute("select set_config('lock_timeout', %s, true)", (lock_timeout,))
    found, names = session.fetch_row(LOCKABLE)
    late = [name for relation, name in zip(found, names, strict=True) if is_locked and relation not in locked]
    replaced = ", ".join(late) or session.fetch_row(REPLACED)[0]
    if replaced:
        raise _ReplacedError(replaced)


def _being_replaced(tables: str) -> TransientError:
    return TransientError(f"tables of the query are being replaced: {tables}; export when that has ended")
