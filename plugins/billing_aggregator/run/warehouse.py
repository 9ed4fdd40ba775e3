"""Opens sessions in the warehouse for what the pipeline does itself."""

from __future__ import annotations

from typing import Any

from billing_aggregator.scripts.session import SESSION_OPTIONS
from postgres_to_s3.postgres.drivers import driver_of
from postgres_to_s3.postgres.session import Session


def open_session(sql_conn_id: str, options: str = SESSION_OPTIONS) -> Session:
    """A new session in the warehouse behind an Airflow connection; each statement commits by itself.

    :param options: settings of the session, as libpq takes them
    """
    from airflow.providers.postgres.hooks.postgres import PostgresHook

    # Airflow's type of a connection does not know that it can be cancelled.
    connection: Any = PostgresHook(sql_conn_id, options=options).get_conn()
    # Rows are tuples and statements commit by themselves, whatever the connection in Airflow says.
    driver_of(connection).prepare()
    return Session(connection)
