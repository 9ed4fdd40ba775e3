"""The logins of the embedded PostgreSQL: what Airflow leaves open in its database does not stay open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest

from local.servers.postgres import role_and_database
from local.servers.postgres.role_and_database import create_roles_and_databases
from local.servers.stack import Stack
from tests.support.export_runner import wait_until

SETTING = "show idle_in_transaction_session_timeout"


def create_again(stack: Stack) -> None:
    """What each start of the servers does."""
    passwords = stack.credentials.role_password, stack.credentials.metadata_password
    create_roles_and_databases(stack.admin_dsn("postgres"), *passwords)


@pytest.fixture
def impatient(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """The stack, whose Airflow may leave a transaction open for a moment only."""
    with monkeypatch.context() as patched:
        patched.setattr(role_and_database, "LONGEST_IDLE_TRANSACTION", "200ms")
        create_again(stack)
    yield stack
    create_again(stack)


def setting(dsn: str) -> str:
    """For how long a session of a login may do nothing in a transaction."""
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        cursor.execute(SETTING)
        (found,) = cursor.fetchone() or ("",)
        return str(found)


def test_airflows_transactions_are_ended_after_a_minute_without_a_statement(stack: Stack) -> None:
    assert setting(stack.metadata_dsn()) == "1min"
    assert setting(stack.dsn()) == "0"


def test_a_transaction_that_an_orphaned_worker_keeps_open_gives_its_locks_back(impatient: Stack) -> None:
    with (
        closing(psycopg2.connect(impatient.metadata_dsn())) as orphan,
        closing(psycopg2.connect(impatient.admin_dsn("airflow"))) as looking,
    ):
        looking.autocommit = True
        with orphan.cursor() as cursor, looking.cursor() as found:
            cursor.execute("select pg_advisory_xact_lock(19)")

            def is_free() -> bool:
                found.execute("select from pg_locks where locktype = 'advisory' and objid = 19")
                return not found.fetchall()

            wait_until(is_free)
            with pytest.raises(psycopg2.OperationalError):
                cursor.execute("select 1")
