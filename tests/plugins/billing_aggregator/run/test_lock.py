"""The lock of the warehouse: one run builds at a time, and one that has lost the lock changes nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest

from billing_aggregator.run import lock as run_lock
from billing_aggregator.run.lock import Holder, RunLock, guard
from postgres_to_s3.errors import PermanentError, TransientError
from postgres_to_s3.retryable import is_transient
from tests.support.export_runner import use_driver, wait_until
from tests.support.hostile_role import IDLE_SECONDS, settings_of_role
from tests.support.warehouse import Warehouse, airflow_connection

DAG_ID = "billing_data_aggregator"
IDENTITY = "AIRFLOW_VAR_BILLING_DATA_AGGREGATOR_IDENTITY_ENERCITY"


@pytest.fixture
def conn_id(monkeypatch: pytest.MonkeyPatch, empty_warehouse: Warehouse) -> str:
    """The Airflow connection of an empty warehouse."""
    monkeypatch.setattr(run_lock, "WAIT_SECONDS", 0.02)
    monkeypatch.setenv(IDENTITY, "ours")
    return airflow_connection(monkeypatch, empty_warehouse)


def context(run_id: str, *, known: Iterable[str] = ("first", "second"), ended: Iterable[str] = ()) -> Any:
    """A task of a run, in an Airflow that knows these runs, of which these have ended."""

    def get_dr_count(dag_id: str, run_ids: list[str], states: list[str] | None = None) -> int:
        found = set(ended) if states else set(known)
        return len(found & set(run_ids)) if dag_id == DAG_ID else 0

    return {"run_id": run_id, "ti": SimpleNamespace(dag_id=DAG_ID, get_dr_count=get_dr_count)}


def holder_of(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.rows("select client_id, dag_id, run_id from report_oibl_work.run_lock")


def run_guarded(warehouse: Warehouse, holder: Holder, statement: str) -> None:
    """What the task of a script does: guard and script in one transaction."""
    with closing(warehouse.connect()) as connection, connection, connection.cursor() as cursor:
        cursor.execute(guard(holder))
        cursor.execute(statement)


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_run_leaves_its_name_in_the_warehouse_and_takes_it_away_again(
    conn_id: str, empty_warehouse: Warehouse
) -> None:
    lock = RunLock(conn_id, "enercity")

    lock.claim(context("first"))
    lock.claim(context("first"))

    assert holder_of(empty_warehouse) == [("enercity", DAG_ID, "first")]
    assert "run 'first' of DAG 'billing_data_aggregator' (client 'enercity', last active 20" in str(lock.holder())
    lock.release(context("first"))
    assert (holder_of(empty_warehouse), lock.holder()) == ([], None)


def test_nobody_holds_the_lock_of_a_new_warehouse(conn_id: str) -> None:
    lock = RunLock(conn_id, "enercity")

    assert lock.holder() is None
    lock.release(context("first"))


def test_a_second_run_is_refused_and_told_who_holds_the_lock_and_what_to_do(conn_id: str) -> None:
    lock = RunLock(conn_id, "enercity", waits=False)
    lock.claim(context("first"))

    with pytest.raises(PermanentError) as caught:
        lock.claim(context("second"))

    assert "run 'first' of DAG 'billing_data_aggregator' (client 'enercity', last active" in str(caught.value)
    assert "delete from report_oibl_work.run_lock" in str(caught.value)


def test_a_second_run_waits_until_the_first_has_given_the_lock_back(conn_id: str, empty_warehouse: Warehouse) -> None:
    lock = RunLock(conn_id, "enercity")
    lock.claim(context("first"))

    waiting = in_thread(lambda: lock.claim(context("second")))
    waiting.join(0.3)
    assert waiting.is_alive()
    lock.release(context("first"))
    waiting.join(20)

    assert holder_of(empty_warehouse) == [("enercity", DAG_ID, "second")]


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_a_run_waits_whatever_the_role_has_set(
    monkeypatch: pytest.MonkeyPatch, conn_id: str, empty_warehouse: Warehouse, driver: str
) -> None:
    use_driver(monkeypatch, driver)
    empty_warehouse.execute(settings_of_role(empty_warehouse.name))
    monkeypatch.setattr(run_lock, "WAIT_SECONDS", IDLE_SECONDS + 0.5)
    lock = RunLock(conn_id, "enercity")
    lock.claim(context("first"))
    assert f"last active {datetime.now(UTC):%Y-%m-%d}" in str(lock.holder())

    waiting = in_thread(lambda: lock.claim(context("second")))
    waiting.join(IDLE_SECONDS + 0.3)
    lock.release(context("first"))
    waiting.join(20)

    assert holder_of(empty_warehouse) == [("enercity", DAG_ID, "second")]


def test_only_the_run_that_holds_the_lock_gives_it_back(conn_id: str, empty_warehouse: Warehouse) -> None:
    lock = RunLock(conn_id, "enercity")
    lock.claim(context("first"))

    lock.release(context("second"))

    assert holder_of(empty_warehouse) == [("enercity", DAG_ID, "first")]


def test_the_lock_of_a_run_that_has_ended_is_taken_over(conn_id: str, empty_warehouse: Warehouse) -> None:
    lock = RunLock(conn_id, "enercity", waits=False)
    lock.claim(context("first"))

    lock.claim(context("second", ended=["first"]))

    assert holder_of(empty_warehouse) == [("enercity", DAG_ID, "second")]


def test_a_run_that_airflow_does_not_know_is_gone_only_after_longer_than_any_run_takes(
    conn_id: str, empty_warehouse: Warehouse
) -> None:
    lock = RunLock(conn_id, "enercity", waits=False)
    lock.claim(context("first"))
    with pytest.raises(PermanentError):
        lock.claim(context("second", known=["second"]))

    empty_warehouse.execute("update report_oibl_work.run_lock set claimed_at = now() - interval '4 hours'")
    lock.claim(context("second", known=["second"]))

    assert holder_of(empty_warehouse) == [("enercity", DAG_ID, "second")]


@pytest.mark.parametrize(
    ("name", "value"),
    [(IDENTITY, "theirs"), ("AIRFLOW__API__BASE_URL", "https://b.c2.eu-central-1.airflow.amazonaws.com")],
)
def test_runs_of_one_name_in_two_airflows_are_two_runs(
    monkeypatch: pytest.MonkeyPatch, conn_id: str, empty_warehouse: Warehouse, name: str, value: str
) -> None:
    lock = RunLock(conn_id, "enercity", waits=False)
    lock.claim(context("first"))

    monkeypatch.setenv(name, value)
    with pytest.raises(PermanentError, match="holds the lock"):
        lock.claim(context("first", ended=["first"]))
    lock.release(context("first"))

    assert holder_of(empty_warehouse) == [("enercity", DAG_ID, "first")]


def test_a_lock_that_names_no_airflow_is_another_ones_and_ages_out(conn_id: str, empty_warehouse: Warehouse) -> None:
    lock = RunLock(conn_id, "enercity", waits=False)
    lock.claim(context("first"))
    older = Holder("enercity", DAG_ID, "first", "")
    empty_warehouse.execute(f"update report_oibl_work.run_lock set origin = '', token = '{older.token}'")

    for run_id in ("first", "second"):
        with pytest.raises(PermanentError, match=r"run 'first' .* holds the lock"):
            lock.claim(context(run_id, ended=["first"]))
    lock.release(context("first"))
    assert holder_of(empty_warehouse) == [("enercity", DAG_ID, "first")]

    empty_warehouse.execute("update report_oibl_work.run_lock set claimed_at = now() - interval '4 hours'")
    lock.claim(context("second"))
    assert holder_of(empty_warehouse) == [("enercity", DAG_ID, "second")]


def test_a_run_whose_airflow_has_no_identity_takes_no_lock_and_may_try_again(
    monkeypatch: pytest.MonkeyPatch, conn_id: str
) -> None:
    monkeypatch.delenv(IDENTITY)
    lock = RunLock(conn_id, "enercity")

    with pytest.raises(TransientError, match="clear that"):
        lock.claim(context("first"))

    assert lock.holder() is None
    lock.release(context("first"))


def test_each_claim_says_that_the_run_is_alive(conn_id: str, empty_warehouse: Warehouse) -> None:
    lock = RunLock(conn_id, "enercity")
    lock.claim(context("first"))
    empty_warehouse.execute("update report_oibl_work.run_lock set claimed_at = now() - interval '4 hours'")

    lock.claim(context("first"))

    age = "select now() - claimed_at < interval '1 minute' from report_oibl_work.run_lock"
    assert empty_warehouse.rows(age) == [(True,)]


def test_a_claim_does_not_wait_for_a_script_of_the_same_run(conn_id: str, empty_warehouse: Warehouse) -> None:
    lock = RunLock(conn_id, "enercity")
    first = lock.claim(context("first"))

    with closing(empty_warehouse.connect()) as script, script.cursor() as cursor:
        cursor.execute(guard(first))
        lock.claim(context("first"))


def test_a_script_of_a_run_that_has_lost_the_lock_changes_nothing(conn_id: str, empty_warehouse: Warehouse) -> None:
    lock = RunLock(conn_id, "enercity")
    first = lock.claim(context("first"))
    run_guarded(empty_warehouse, first, "create table report_oibl.built ()")
    lock.claim(context("second", ended=["first"]))

    with pytest.raises(psycopg2.Error, match="no longer holds the lock of the warehouse") as caught:
        run_guarded(empty_warehouse, first, "drop table report_oibl.built")

    assert is_transient(caught.value)
    assert empty_warehouse.rows("select to_regclass('report_oibl.built') is not null") == [(True,)]


def test_taking_over_waits_for_the_end_of_a_script_that_is_still_running(
    conn_id: str, empty_warehouse: Warehouse
) -> None:
    lock = RunLock(conn_id, "enercity")
    first = lock.claim(context("first"))
    with closing(empty_warehouse.connect()) as script, script.cursor() as cursor:
        cursor.execute(guard(first))
        taking_over = in_thread(lambda: lock.claim(context("second", ended=["first"])))
        blocked = "select count(*) from pg_locks where not granted"
        wait_until(lambda: empty_warehouse.rows(blocked) == [(1,)])
        assert holder_of(empty_warehouse) == [("enercity", DAG_ID, "first")]
        script.commit()

    taking_over.join(20)
    assert holder_of(empty_warehouse) == [("enercity", DAG_ID, "second")]


def test_runs_of_other_names_have_other_tokens_and_no_name_gets_into_a_statement() -> None:
    hostile = Holder("enercity", DAG_ID, "manual'; drop table x; --", "")

    assert hostile.token != Holder("enercity", DAG_ID, "manual", "").token
    assert "drop" not in guard(hostile)
