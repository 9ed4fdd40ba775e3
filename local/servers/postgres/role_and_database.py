"""Create the login roles and databases that clients expect to find: the pipeline's warehouse and Airflow's metadata."""

from __future__ import annotations

from contextlib import closing

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor  # noqa: N812
from psycopg2.extensions import encrypt_password

ROLE = "billing_aggregator"
DATABASE = "octopus"
METADATA_ROLE = "airflow"
METADATA_DATABASE = "airflow"
# Workers that outlive a killed scheduler keep its connections open, and a transaction in them for as long as they live.
# No living process of Airflow is idle in one for longer than 0.1 s, whatever its tasks take.
LONGEST_IDLE_TRANSACTION = "1min"


def create_roles_and_databases(admin_dsn: str, role_password: str, metadata_password: str) -> None:
    """Create what is absent; safe to repeat. Roles are logins without special rights, Airflow's owns its database."""
    with closing(psycopg2.connect(admin_dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        _create_role(cursor, ROLE, role_password)
        _create_role(cursor, METADATA_ROLE, metadata_password)
        limit = sql.SQL("alter role {} set idle_in_transaction_session_timeout = {}")
        cursor.execute(limit.format(sql.Identifier(METADATA_ROLE), sql.Literal(LONGEST_IDLE_TRANSACTION)))
        _create_database(cursor, DATABASE)
        _create_database(cursor, METADATA_DATABASE)
        owned = sql.SQL("alter database {} owner to {}")
        cursor.execute(owned.format(sql.Identifier(METADATA_DATABASE), sql.Identifier(METADATA_ROLE)))


def _create_role(cursor: Cursor, name: str, password: str) -> None:
    cursor.execute("select 1 from pg_roles where rolname = %s", (name,))
    verb = sql.SQL("alter role" if cursor.fetchone() else "create role")
    # The server gets the verifier only, so the password cannot show up in its log.
    verifier = encrypt_password(password, name, cursor.connection, "scram-sha-256")
    cursor.execute(sql.SQL("{} {} login password {}").format(verb, sql.Identifier(name), sql.Literal(verifier)))


def _create_database(cursor: Cursor, name: str) -> None:
    cursor.execute("select 1 from pg_database where datname = %s", (name,))
    if not cursor.fetchone():
        cursor.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
