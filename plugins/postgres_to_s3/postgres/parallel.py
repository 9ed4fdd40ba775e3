"""Runs the work of one export on several connections that see the warehouse as of the same moment."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, closing, contextmanager
from typing import Any

from postgres_to_s3.postgres.session import begin_snapshot, execute, fetch_row, open_session

log = logging.getLogger(__name__)

# A further connection must not wait for a lock behind somebody who waits for this export's own lock.
JOIN_LOCK_SECONDS = 2
# How often running statements are asked again to end after one has failed.
AGAIN_SECONDS = 0.2
OTHER_SESSIONS = """
select count(*)
from pg_stat_activity
where usename = session_user and datname = current_database() and backend_type = 'client backend'
    and pid <> pg_backend_pid()
"""

Job = Callable[[Any], Any]


@contextmanager
def same_moment(main: Any, connect: Callable[[], Any], count: int, query: str) -> Iterator[list[Any]]:
    """``main`` and further connections in its snapshot, ``count`` in all; fewer where the warehouse gives no more.

    :param main: in a transaction that has locked what ``query`` reads
    :param connect: opens a connection of the same driver; it is closed when the block ends
    """
    connections = [main]
    with ExitStack() as opened:
        snapshot, holder = fetch_row(main, "select pg_export_snapshot(), current_setting('application_name')")
        while len(connections) < count:
            try:
                further = _join(connect(), snapshot, holder, query)
            except Exception as error:  # the export does not depend on it; what ends main ends the export itself
                log.warning("Going on with %s of %s connections: %s", len(connections), count, str(error).strip())
                break
            connections.append(opened.enter_context(closing(further)))
        yield connections


def free_connections(main: Any, limit: int) -> int:
    """How many connections, ``main`` included, leave its role with ``limit`` sessions at most in the database."""
    others = fetch_row(main, OTHER_SESSIONS)[0]
    if others and limit > 1:
        log.info("%s other sessions of the role are open: using %s connections at most", others, max(1, limit - others))
    return int(max(1, limit - others))


def run_jobs(connections: Sequence[Any], jobs: Sequence[Job]) -> list[Any]:
    """Run each job on the next connection that is free and return what they return, in the order of the jobs.

    The first job that fails ends the others: those that run are cancelled in the warehouse, those that wait never run.
    """
    waiting = deque(enumerate(jobs))
    results: dict[int, Any] = {}
    with ThreadPoolExecutor(len(connections), thread_name_prefix="copy") as threads:
        futures = [threads.submit(_work, connection, waiting, results) for connection in connections]
        try:
            for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                future.result()
        finally:
            waiting.clear()
            _end(futures, connections)
    return [results[place] for place in range(len(jobs))]


def _join(connection: Any, snapshot: str, holder: str, query: str) -> Any:
    try:
        open_session(connection)
        execute(connection, "select set_config('application_name', %s, false)", (holder,))
        begin_snapshot(connection)
        execute(connection, f"set transaction snapshot '{snapshot}'")
        execute(connection, f"set local lock_timeout = '{JOIN_LOCK_SECONDS}s'")
        # Locks now what the query reads, as long as there is a way back to fewer connections.
        execute(connection, f"select * from (\n{query}\n) as exported limit 0")
    except Exception:
        connection.close()
        raise
    return connection


def _work(connection: Any, waiting: deque[tuple[int, Job]], results: dict[int, Any]) -> None:
    while True:
        try:
            place, job = waiting.popleft()
        except IndexError:
            return
        results[place] = job(connection)


def _end(futures: Sequence[Future[None]], connections: Sequence[Any]) -> None:
    """Return when no job runs any more. One may be between two statements, so those are cancelled until it ends."""
    while running := [future for future in futures if not future.done()]:
        for connection in connections:
            _cancel(connection)
        wait(running, timeout=AGAIN_SECONDS)


def _cancel(connection: Any) -> None:
    try:
        if not connection.closed:
            connection.cancel()
    except Exception as error:  # the error that ended the jobs is the one to report
        log.warning("Could not cancel a statement: %s", str(error).strip())
