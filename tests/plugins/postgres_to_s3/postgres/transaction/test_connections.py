"""The catalogue in force is seen over a further connection where one is free, and by the export's own where none is."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import NoReturn

import psycopg
import pytest

from postgres_to_s3.errors import TransientError
from postgres_to_s3.postgres.session import Connect, Session
from postgres_to_s3.postgres.transaction import Transaction
from tests.support.export_runner import ExportRunner, wait_until
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version

QUERY = "select * from report_oibl.orders"
WAITING = "select 1 from pg_locks where not granted"
ATTACH = "alter table report_oibl.later inherit report_oibl.orders"


@pytest.fixture(autouse=True)
def orders(export_warehouse: Warehouse) -> None:
    """A table, and one that may become its child."""
    export_warehouse.execute(
        """
        create table report_oibl.orders as select row from generate_series(1, 10) as row;
        create table report_oibl.later (row int);
        grant select on all tables in schema report_oibl to billing_aggregator
        """
    )


@pytest.fixture
def single_connection(export_warehouse: Warehouse) -> Iterator[None]:
    """The pipeline's role may open one session."""
    export_warehouse.execute("alter role billing_aggregator connection limit 1")
    yield
    export_warehouse.execute("alter role billing_aggregator connection limit -1")


def refuse() -> NoReturn:
    raise ConnectionRefusedError("too many connections")


def elsewhere(export_warehouse: Warehouse) -> Session:
    return Session(psycopg.connect(export_warehouse.dsn, dbname="postgres"))


def test_a_change_that_waits_for_the_export_does_not_end_it(
    session: Session, connect: Connect, export_warehouse: Warehouse
) -> None:
    with ThreadPoolExecutor(1) as thread:
        with Transaction(session, QUERY, connect):
            session.execute(QUERY)
            waiting = thread.submit(export_warehouse.execute, "drop table report_oibl.orders")
            wait_until(lambda: export_warehouse.rows(WAITING))
        waiting.result()


def test_without_a_further_connection_a_change_is_noticed_all_the_same(
    session: Session, export_warehouse: Warehouse
) -> None:
    transaction = Transaction(session, QUERY, refuse).begin()
    export_warehouse.execute(ATTACH)

    with pytest.raises(TransientError, match=r"table report_oibl\.later, table report_oibl\.orders;"):
        transaction.end()


def test_a_connection_that_reaches_another_database_is_not_asked(session: Session, export_warehouse: Warehouse) -> None:
    transaction = Transaction(session, QUERY, lambda: elsewhere(export_warehouse)).begin()
    export_warehouse.execute(ATTACH)

    with pytest.raises(TransientError, match=r"table report_oibl\.later, table report_oibl\.orders;"):
        transaction.end()


def test_an_export_whose_session_has_ended_is_told_so(
    session: Session, connect: Connect, export_warehouse: Warehouse
) -> None:
    transaction = Transaction(session, QUERY, connect).begin()
    with closing(export_warehouse.connect(admin=True)) as other:
        other.cursor().execute(
            "select pg_terminate_backend(pid, 5000) from pg_locks where locktype = 'relation'"
            " and pid <> pg_backend_pid() and relation = 'report_oibl.orders'::regclass"
        )

    with pytest.raises(Exception, match=r"terminating connection|closed") as raised:
        transaction.end()

    assert not isinstance(raised.value, TransientError)


@pytest.mark.usefixtures("single_connection")
def test_a_role_of_one_connection_can_export(exports: ExportRunner) -> None:
    assert exports.run()["rows"] == 10
