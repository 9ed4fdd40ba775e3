"""The lock of a run on the warehouse: two runs must not build the same tables at once.

`max_active_runs` does not bind backfills, and Airflow environments know nothing of each other. So a run leaves its name
in the warehouse, where the lock outlives tasks and sessions, and the report gives it back. Each script also reads the
name in its own transaction: a run that has lost the lock changes nothing any more.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from billing_aggregator.run.identity import identity_of_airflow
from billing_aggregator.run.tables import FIND_LOCK, ensure_tables
from billing_aggregator.run.warehouse import open_session
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.postgres.failures import sqlstate_of
from postgres_to_s3.postgres.session import Session

if TYPE_CHECKING:
    from airflow.sdk import Context

log = logging.getLogger(__name__)

WAIT_SECONDS = 5.0
LOG_SECONDS = 60.0
# No task of a run that lives has started longer ago: the DAG ends each run after two hours.
LONGEST_RUN = timedelta(hours=3)
ENDED = ["success", "failed"]

FIND_HOLDER = """
select client_id, dag_id, run_id, origin, claimed_at, now() - claimed_at from report_oibl_work.run_lock
"""
CLAIM = """
insert into report_oibl_work.run_lock (token, client_id, dag_id, run_id, origin) values (%s, %s, %s, %s, %s)
on conflict do nothing
"""
TAKE_OVER = """
update report_oibl_work.run_lock
set token = %s, client_id = %s, dag_id = %s, run_id = %s, origin = %s, claimed_at = now()
where token = %s
"""
# Each task of the holder says that it lives, unless a script of it is just at work, which says the same.
RENEW = """
update report_oibl_work.run_lock set claimed_at = now()
where token in (select token from report_oibl_work.run_lock where token = %s for no key update skip locked)
"""
LOCK_NOT_AVAILABLE = "55P03"
RELEASE = "delete from report_oibl_work.run_lock where token = %s"
# The share lock makes whoever takes over wait for the end of the script's transaction.
GUARD = """
do $$ begin
    perform from report_oibl_work.run_lock where token = '{token}' for share;
    if not found then
        raise exception 'this run no longer holds the lock of the warehouse'
            using errcode = 'lock_not_available', detail = 'Another run has taken it over, or it was given back.';
    end if;
end $$
"""


@dataclass(frozen=True)
class Holder:
    """The run that holds the lock.

    :param origin: identity of its Airflow, whose runs may have the names of another's; empty in older releases
    :param claimed_at: when a task of it has last started
    :param age: how long ago this was, by the clock of the warehouse
    """

    client_id: str
    dag_id: str
    run_id: str
    origin: str
    claimed_at: datetime | None = None
    age: timedelta = timedelta()

    @property
    def token(self) -> str:
        """A name that is safe in any statement: hexadecimal."""
        return hashlib.sha256(repr(self.values).encode()).hexdigest()

    @property
    def values(self) -> tuple[str, str, str, str]:
        """Whose lock it is."""
        return self.client_id, self.dag_id, self.run_id, self.origin

    def __str__(self) -> str:
        """The run, for a person."""
        since = f", last active {self.claimed_at:%Y-%m-%d %H:%M:%S %Z}" if self.claimed_at else ""
        return f"run {self.run_id!r} of DAG {self.dag_id!r} (client {self.client_id!r}{since})"


@dataclass(frozen=True)
class RunLock:
    """The lock on the warehouse behind a connection.

    :param sql_conn_id: Airflow connection of the warehouse
    :param client_id: shown to whoever finds the lock taken
    :param waits: a run waits for the one that holds the lock; else it is refused
    """

    sql_conn_id: str
    client_id: str
    waits: bool = True

    def holder_of(self, context: Context) -> Holder:
        """The run of this context, as it holds the lock.

        :raises TransientError: Airflow does not say which one it is
        """
        origin = identity_of_airflow(self.client_id)
        return Holder(self.client_id, context["ti"].dag_id, context["run_id"], origin)

    def claim(self, context: Context, before_taking: Callable[[], None] = lambda: None) -> Holder:
        """Take the lock for the run of this context, or say that it is still alive where it has it already.

        :param before_taking: is called where the run does not have it; what it raises leaves the lock alone
        :raises PermanentError: another run holds it, and this one is not to wait
        """
        mine = self.holder_of(context)
        last_message = -LOG_SECONDS
        with closing(open_session(self.sql_conn_id)) as session:
            ensure_tables(session)
            if (before := _find_holder(session)) is None or before.token != mine.token:
                before_taking()
            while (other := _try_to_claim(session, mine, lambda holder: _has_ended(holder, mine, context))) is not None:
                if not self.waits:
                    raise PermanentError(f"{other} holds the lock of the warehouse. {_remedy()}")
                if time.monotonic() - last_message >= LOG_SECONDS:
                    last_message = time.monotonic()
                    log.info("Waiting for %s, which holds the lock of the warehouse. %s", other, _remedy())
                time.sleep(WAIT_SECONDS)
        return mine

    def release(self, context: Context) -> None:
        """Give the lock back, if the run of this context has it.

        A run that cannot do so is as good as one that has: the next one sees that it has ended.
        """
        try:
            mine = self.holder_of(context)
            with closing(open_session(self.sql_conn_id)) as session:
                if session.fetch_row(FIND_LOCK)[0]:
                    session.execute(RELEASE, (mine.token,))
        except Exception as error:
            log.warning("Could not give the lock of the warehouse back: %s", error)

    def holder(self) -> Holder | None:
        """Who has the lock, None if nobody has."""
        with closing(open_session(self.sql_conn_id)) as session:
            return _find_holder(session) if session.fetch_row(FIND_LOCK)[0] else None


def guard(holder: Holder) -> str:
    """A statement that fails unless ``holder`` has the lock, and keeps it until the transaction ends."""
    return GUARD.format(token=holder.token)


def _try_to_claim(session: Session, mine: Holder, has_ended: Callable[[Holder], bool]) -> Holder | None:
    """None if the lock is ours now, else who has it."""
    while (other := _find_holder(session)) is None:
        session.execute(CLAIM, (mine.token, *mine.values))
    if other.token == mine.token:
        session.execute(RENEW, (mine.token,))
        return None
    if not has_ended(other):
        return other
    return _take_over(session, mine, other)


def _take_over(session: Session, mine: Holder, other: Holder) -> Holder | None:
    """Wait for the end of a script that still runs, but not for long: None if the lock is ours then."""
    log.warning("Taking the lock of the warehouse over from %s, which has ended without giving it back", other)
    session.execute("set lock_timeout = '1min'")
    try:
        session.execute(TAKE_OVER, (mine.token, *mine.values, other.token))
    except Exception as error:
        if sqlstate_of(error) != LOCK_NOT_AVAILABLE:
            raise
    found = _find_holder(session)
    return None if found is not None and found.token == mine.token else found or other


def _has_ended(holder: Holder, mine: Holder, context: Context) -> bool:
    """Whether the holder is gone for certain: none of its tasks can be alive any more, or our Airflow says so."""
    if holder.age > LONGEST_RUN:
        return True
    if holder.origin != mine.origin:
        return False
    return bool(context["ti"].get_dr_count(dag_id=holder.dag_id, run_ids=[holder.run_id], states=ENDED))


def _remedy() -> str:
    return (
        "Wait for its end, or end it in Airflow. Where it is gone for certain and Airflow does not know it:"
        " delete from report_oibl_work.run_lock"
    )


def _find_holder(session: Session) -> Holder | None:
    with session.cursor() as cursor:
        cursor.execute(FIND_HOLDER)
        found = cursor.fetchone()
    return Holder(*found) if found else None
