"""Opens sessions in the warehouse for what the pipeline does itself."""

from __future__ import annotations

from typing import Any

from billing_aggregator.scripts.session import ISO_DATES, session_options
from postgres_to_s3.postgres.drivers import driver_of
from postgres_to_s3.postgres.session import Session

# The pipeline's own statements, unlike scripts, rely on nothing that a role may have set.
OWN_OPTIONS = session_options(
    {
        "search_path": "pg_catalog",
        "timezone": "UTC",
        # Whoever waits for a lock sees what its holder has changed.
        "default_transaction_isolation": "read committed",
        "default_transaction_deferrable": "off",
        "exit_on_error": "off",
    }
)


def open_session(sql_conn_id: str, options: str = OWN_OPTIONS) -> Session:
    """A new session in the warehouse behind an Airflow connection; each statement commits by itself.

    :param options: settings of the session, as libpq takes them
    """
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    return session_of(PostgresHook(sql_conn_id, options=options).get_conn())


def session_of(connection: Any) -> Session:
    """Make a session of a connection that a hook of Airflow has opened; each statement commits by itself."""
    # Rows are tuples and statements commit by themselves, whatever the connection in Airflow says.
    driver_of(connection).prepare()
    session = Session(connection)
    session.execute(ISO_DATES)
    return session
