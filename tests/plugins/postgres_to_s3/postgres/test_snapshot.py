"""What an export reads is of one moment, and no table in it looks empty because it was made again meanwhile."""

from __future__ import annotations

import pytest

from postgres_to_s3.errors import TransientError
from postgres_to_s3.postgres import snapshot
from postgres_to_s3.postgres.session import Session
from postgres_to_s3.postgres.snapshot import begin_snapshot, begin_transaction
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version


def test_a_snapshot_cannot_write(session: Session) -> None:
    begin_transaction(session)

    with pytest.raises(Exception, match="read-only transaction"):
        session.execute("create table report_oibl.t (a int)")


def test_tables_that_are_made_again_and_again_are_given_up(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snapshot, "REWRITTEN", "select 'report_oibl.orders'")

    with pytest.raises(TransientError, match=r"report_oibl.orders; export when that has ended"):
        begin_snapshot(session, "select 1")


@pytest.mark.parametrize(
    "query",
    [
        "select * from report_oibl.parts",
        "select * from report_oibl.seen",
        "select * from report_oibl.stored",
        "select relname from pg_class",
        "select 1",
    ],
)
def test_every_kind_of_relation_is_found_unchanged(session: Session, export_warehouse: Warehouse, query: str) -> None:
    export_warehouse.execute(
        """
        create table report_oibl.parts (a int primary key) partition by range (a);
        create table report_oibl.low partition of report_oibl.parts for values from (0) to (10);
        create view report_oibl.seen as select * from report_oibl.parts;
        create materialized view report_oibl.stored as select 1 as a;
        grant usage on schema report_oibl to public;
        grant select on all tables in schema report_oibl to public
        """
    )

    begin_snapshot(session, query)

    assert session.fetch_row("show transaction_isolation") == ("repeatable read",)
