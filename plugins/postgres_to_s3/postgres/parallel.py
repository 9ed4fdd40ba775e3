"""Runs the work of one export in several sessions that see the warehouse as of the same moment."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from contextlib import ExitStack, closing, contextmanager
from typing import Generic, TypeVar

from postgres_to_s3.postgres.query import without_rows
from postgres_to_s3.postgres.session import Connect, Session
from postgres_to_s3.postgres.snapshot import begin_transaction
from postgres_to_s3.threads import thread_pool

log = logging.getLogger(__name__)

# A further session must not wait for a lock behind somebody who waits for this export's own locks.
JOIN_LOCK_SECONDS = 2
# How often running statements are asked again to end after one has failed.
CANCEL_AGAIN_SECONDS = 0.2
OTHER_SESSIONS = """
select count(*)
from pg_stat_activity
where usename = session_user and datname = current_database() and backend_type = 'client backend'
    and pid <> pg_backend_pid()
"""

Result = TypeVar("Result")
Job = Callable[[Session], Result]


@contextmanager
def sessions_of_one_moment(main: Session, connect: Connect, count: int, query: str) -> Iterator[list[Session]]:
    """``main`` and further sessions that see what it sees, ``count`` in all; fewer where the warehouse gives no more.

    :param main: in a transaction that has locked what ``query`` reads
    :param connect: opens a further session, which ends with the block
    """
    sessions = [main]
    with ExitStack() as opened:
        snapshot, holder = main.fetch_row("select pg_export_snapshot(), current_setting('application_name')")
        while len(sessions) < count:
            try:
                further = _join(connect(), snapshot, holder, query)
            except Exception as error:  # the export does not depend on it; what ends main ends the export itself
                log.warning("Going on with %s of %s connections: %s", len(sessions), count, str(error).strip())
                break
            sessions.append(opened.enter_context(closing(further)))
        yield sessions


def free_connections(main: Session, limit: int) -> int:
    """How many connections, that of ``main`` included, leave its role with at most ``limit`` sessions here."""
    others = main.fetch_row(OTHER_SESSIONS)[0]
    if others and limit > 1:
        log.info("%s other sessions of the role are open: using %s connections at most", others, max(1, limit - others))
    return int(max(1, limit - others))


def run_jobs(sessions: Sequence[Session], jobs: Sequence[Job[Result]]) -> list[Result]:
    """Run each job in the next session that is free and return what they return, in the order of the jobs.

    The first job that fails ends the others: those that run are cancelled in the warehouse, those that wait never run.
    """
    work = _Work(jobs)
    with thread_pool(len(sessions), "copy") as threads:
        futures = [threads.submit(work.take_jobs, session) for session in sessions]
        try:
            for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                future.result()
        finally:
            work.waiting.clear()
            _end(futures, sessions)
    return [work.results[place] for place in range(len(jobs))]


class _Work(Generic[Result]):
    """Jobs that wait for a session, and the results of those that have ended, by their places."""

    def __init__(self, jobs: Sequence[Job[Result]]) -> None:
        self.waiting = deque(enumerate(jobs))
        self.results: dict[int, Result] = {}

    def take_jobs(self, session: Session) -> None:
        """Run one waiting job after the other, until none is left."""
        while True:
            try:
                place, job = self.waiting.popleft()
            except IndexError:
                return
            self.results[place] = job(session)


def _join(session: Session, snapshot: str, holder: str, query: str) -> Session:
    """Let a further session see the snapshot and lock what is read, while there is a way back to fewer sessions."""
    try:
        session.prepare()
        session.execute("select set_config('application_name', %s, false)", (holder,))
        begin_transaction(session)
        session.execute(f"set transaction snapshot {session.quote_text(snapshot)}")
        session.execute(f"set local lock_timeout = '{JOIN_LOCK_SECONDS}s'")
        session.execute(without_rows(query))
    except Exception:
        session.close()
        raise
    return session


def _end(futures: Sequence[Future[None]], sessions: Sequence[Session]) -> None:
    """Return when no job runs any more. One may be between two statements, so those are cancelled until it ends."""
    while running := [future for future in futures if not future.done()]:
        for session in sessions:
            try:
                session.cancel()
            except Exception as error:  # the error that ended the jobs is the one to report
                log.warning("Could not cancel a statement: %s", str(error).strip())
        wait(running, timeout=CANCEL_AGAIN_SECONDS)
