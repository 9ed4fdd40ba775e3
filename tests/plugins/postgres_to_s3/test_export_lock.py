"""One attempt at a time exports under a name; another one waits for its end or is told who it is."""

from __future__ import annotations

import pytest

from postgres_to_s3 import export_lock
from postgres_to_s3.errors import TransientError
from postgres_to_s3.export_lock import ExportLock
from postgres_to_s3.postgres.session import Session
from tests.support.warehouse import Warehouse

pytestmark = pytest.mark.postgres_version


def test_a_locked_export_is_refused_with_its_holder(sessions: list[Session], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_lock, "WAIT_SECONDS", 0.0)
    ExportLock(sessions[0], "s3://b/results").claim("export attempt 1 of scheduled__2026-11-22")

    with pytest.raises(TransientError, match=r"'s3://b/results': export attempt 1 of scheduled__2026-11-22 \(pid"):
        ExportLock(sessions[1], "s3://b/results").claim("export attempt 2 of scheduled__2026-11-22")


def test_an_attempt_waits_for_one_that_is_just_ending(sessions: list[Session]) -> None:
    ExportLock(sessions[0], "s3://b/results").claim("first")
    sessions[0].close()

    ExportLock(sessions[1], "s3://b/results").claim("second")


def test_different_exports_do_not_lock_each_other(sessions: list[Session]) -> None:
    ExportLock(sessions[0], "s3://b/results").claim("first")

    ExportLock(sessions[1], "s3://b/other_results").claim("second")


def test_an_attempt_shows_itself_in_the_warehouse(session: Session, export_warehouse: Warehouse) -> None:
    ExportLock(session, "s3://b/results").claim("bookkeeper.export attempt 1 of " + "x" * 100)

    names = export_warehouse.rows("select application_name from pg_stat_activity where application_name > ''")

    assert names == [("bookkeeper.export attempt 1 of " + "x" * 32,)]


def test_the_lock_outlives_the_statement_and_leaves_no_transaction_open(sessions: list[Session]) -> None:
    ExportLock(sessions[0], "s3://b/results").claim("first")

    assert sessions[0].fetch_row("select count(*) from pg_locks where locktype = 'advisory'") == (1,)
    assert sessions[0].fetch_row("show lock_timeout") == ("5min",)
    assert sessions[0].fetch_row("select now() = statement_timestamp()") == (True,)


@pytest.mark.parametrize("statement", ["select pg_advisory_unlock_all()", "select pg_advisory_unlock({key})"])
def test_a_query_cannot_give_the_lock_back(
    sessions: list[Session], monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    monkeypatch.setattr(export_lock, "WAIT_SECONDS", 0.0)
    ExportLock(sessions[0], "s3://b/results").claim("first")
    sessions[0].begin_reading()
    ExportLock(sessions[0], "s3://b/results").keep()

    key = "select (classid::bigint << 32) | objid::bigint from pg_locks where locktype = 'advisory'"
    sessions[0].execute(statement.format(key=sessions[0].fetch_row(key)[0]))

    with pytest.raises(TransientError, match="another attempt is exporting 's3://b/results': first"):
        ExportLock(sessions[1], "s3://b/results").claim("second")


def test_an_attempt_whose_query_gave_the_lock_back_before_the_snapshot_leaves_the_export_to_the_next_one(
    sessions: list[Session],
) -> None:
    ExportLock(sessions[0], "s3://b/results").claim("first")
    sessions[0].execute("select pg_advisory_unlock_all()")
    ExportLock(sessions[1], "s3://b/results").claim("second")
    sessions[0].begin_reading()

    with pytest.raises(TransientError, match="another attempt is exporting 's3://b/results': second"):
        ExportLock(sessions[0], "s3://b/results").keep()
