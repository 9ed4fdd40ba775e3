"""What an Airflow command finds prepared: a metadata database, made once for each PostgreSQL and version of Airflow."""

from __future__ import annotations

from contextlib import closing

import psycopg2

from local.airflow.preparation import prepare
from local.servers.stack import Stack

# So that no sample is loaded.
CALLER = {"BDA_DB_HOST": "elsewhere"}
CREATING = ["Airflow: creating its metadata database"]


def replace_metadata_database(stack: Stack) -> None:
    """By an empty one, as a new data directory has it."""
    with closing(psycopg2.connect(stack.admin_dsn("postgres"))) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("drop database airflow with (force)")
        cursor.execute("create database airflow owner airflow")


def test_the_metadata_database_is_made_once_and_again_on_another_postgresql(stack: Stack) -> None:
    told: list[str] = []
    replace_metadata_database(stack)
    prepare(stack, CALLER, None, told.append)
    prepare(stack, CALLER, None, told.append)
    assert told == CREATING

    replace_metadata_database(stack)
    prepare(stack, CALLER, None, told.append)

    assert told == CREATING * 2
    with closing(psycopg2.connect(stack.metadata_dsn())) as connection:
        cursor = connection.cursor()
        cursor.execute("select count(*) from dag_run")
        assert cursor.fetchone() == (0,)


def test_metadata_of_the_callers_own_are_left_alone(stack: Stack) -> None:
    told: list[str] = []

    prepare(stack, {**CALLER, "AIRFLOW_HOME": "mine"}, None, told.append)

    assert told == []
