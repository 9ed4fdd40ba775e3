"""The settings that the session of every script starts with; a script changes them for itself with `set local`.

They stand for whatever the server, the database or the role has set. What only a script's own text relies on stays as
it is there, because older scripts may rely on it: the search path, the time zone, the order of day and month, the
isolation. So do the limits that an administrator sets: `statement_timeout`, `lock_timeout`, `temp_file_limit`.

Memory is reckoned for four scripts at once on a small server: a sort takes `work_mem`, a hash table twice as much.
"""

from __future__ import annotations

from collections.abc import Mapping

SESSION_SETTINGS = {
    # Scripts are UTF-8, and the drivers read no other style of intervals.
    "client_encoding": "UTF8",
    "intervalstyle": "postgres",
    # Airflow ends a session that waits too long: a run waits for another one, a dry run works between two statements.
    "idle_session_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    # The server is to notice by itself when a killed worker no longer waits for the result.
    "client_connection_check_interval": "10s",
    # No notices about `drop ... if exists`.
    "client_min_messages": "warning",
    # Compiling the statements takes as long as running them.
    "jit": "off",
    "work_mem": "64MB",
    "hash_mem_multiplier": "2",
    # One more process reads a large table; with more, the tasks that run at the same time take each other's cores.
    "max_parallel_workers_per_gather": "1",
    # Whole tables are joined: a nested loop could only come from a wrong estimate.
    "enable_nestloop": "off",
    # A fifth of the usual sample: a work table is analysed once it is filled, for the few joins it takes part in.
    "default_statistics_target": "20",
}

# psycopg 2 says so by itself, psycopg 3 reads no other style. It leaves the order of day and month as it is, which a
# setting at the start of a session does not.
ISO_DATES = "set datestyle = 'ISO'"


def session_options(own: Mapping[str, str]) -> str:
    """The settings as libpq's connection parameter `options` takes them.

    :param own: those of a deployment, which come on top or instead
    """
    settings = {**SESSION_SETTINGS, **own}
    return " ".join(f"-c {name}={_escaped(value)}" for name, value in settings.items())


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


SESSION_OPTIONS = session_options({})
