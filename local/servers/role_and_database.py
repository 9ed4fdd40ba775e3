"""Create what the pipeline expects to find in a warehouse: its login role and its database."""

from __future__ import annotations

from contextlib import closing

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import encrypt_password

ROLE = "billing_aggregator"
DATABASE = "octopus"


def create_role_and_database(admin_dsn: str, role_password: str) -> None:
    """Create the pipeline's role (a login, no special rights) and database where absent; safe to repeat."""
    with closing(psycopg2.connect(admin_dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("select 1 from pg_roles where rolname = %s", (ROLE,))
        verb = sql.SQL("alter role" if cursor.fetchone() else "create role")
        # The server gets the verifier only, so the password cannot show up in its log.
        verifier = encrypt_password(role_password, ROLE, connection, "scram-sha-256")
        statement = sql.SQL("{} {} login password {}")
        cursor.execute(statement.format(verb, sql.Identifier(ROLE), sql.Literal(verifier)))
        cursor.execute("select 1 from pg_database where datname = %s", (DATABASE,))
        if not cursor.fetchone():
            cursor.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
