"""Dunning and dunning locks of the master account: docs/domain.md 3.7."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import Results, build
from tests.support.warehouse import Warehouse

MBA = "ACC-1"
FUTURE = "2098-06-30 12:00+00"
LOCK = ("dunning_lock_until", "dunning_lock_reason")
CASE = ("dunning_status", "dunning_level", "dunning_scenario")
NOTHING: tuple[None, ...] = (None,) * 5


def with_charge() -> LedgerRows:
    rows = LedgerRows()
    rows.charge()
    return rows


def with_case() -> LedgerRows:
    """Dunning data that say nothing of the charge's account: without a case there would be no locks either."""
    rows = with_charge()
    rows.dunning_case("OTHER")
    return rows


def shown(results: Results, columns: tuple[str, ...] = CASE + LOCK) -> tuple[Any, ...]:
    (item,) = results.open_items().values()
    return tuple(item[column] for column in columns)


@pytest.mark.parametrize(
    ("status", "expected"),
    [("DUNNING", "DUNNING"), ("BLOCKING", "BLOCKING"), ("INKASSO", "INKASSO"), ("CLOSED", None), (None, None)],
)
def test_case_shows_its_level_and_scenario_and_some_states(
    warehouse: Warehouse, status: str | None, expected: str | None
) -> None:
    rows = with_charge()
    rows.dunning_claim(rows.dunning_case(MBA, status=status), 2, "standard")
    assert shown(build(warehouse, rows), CASE) == (expected, 2, "standard")


@pytest.mark.parametrize("newest", ["2023-06-01 00:00+00", None])
def test_newest_case_counts_and_a_missing_instant_is_newest(warehouse: Warehouse, newest: str | None) -> None:
    rows = with_charge()
    rows.dunning_claim(rows.dunning_case(MBA, created_at=newest), 3)
    rows.dunning_claim(rows.dunning_case(MBA, created_at="2023-05-01 00:00+00"), 1)
    assert shown(build(warehouse, rows), ("dunning_level",)) == (3,)


def test_larger_id_counts_between_cases_of_one_instant(warehouse: Warehouse) -> None:
    """Tie-break N5."""
    rows = with_charge()
    for level, number in ((2, "9"), (3, "f"), (1, "a")):
        rows.dunning_claim(rows.dunning_case(MBA, id=f"{number}0000000-0000-0000-0000-000000000000"), level)
    assert shown(build(warehouse, rows), ("dunning_level",)) == (3,)


def test_highest_level_then_smallest_scenario_counts_among_claims(warehouse: Warehouse) -> None:
    """Tie-break N6."""
    rows = with_charge()
    case = rows.dunning_case(MBA)
    for level, scenario in ((1, "a"), (3, "c"), (3, "b"), (None, "a")):
        rows.dunning_claim(case, level, scenario)
    assert shown(build(warehouse, rows), CASE) == ("DUNNING", 3, "b")


def test_lock_alone_shows_without_level(warehouse: Warehouse) -> None:
    rows = with_case()
    rows.dunning_lock(MBA, reason="Ratenplan", expires_at=FUTURE)
    assert shown(build(warehouse, rows)) == (None, None, None, date(2098, 6, 30), "Ratenplan")


def test_lock_without_end_is_valid_for_ever(warehouse: Warehouse) -> None:
    rows = with_case()
    rows.dunning_lock(MBA, expires_at=None)
    assert shown(build(warehouse, rows), ("dunning_lock_until",)) == (date(9999, 12, 31),)


def test_end_of_a_lock_is_its_day_in_utc(warehouse: Warehouse) -> None:
    """Oddity K8: in Berlin it is July already."""
    rows = with_case()
    rows.dunning_lock(MBA, expires_at="2098-06-30 23:30+00")
    assert shown(build(warehouse, rows), ("dunning_lock_until",)) == (date(2098, 6, 30),)


@pytest.mark.parametrize("hiding", [{"deleted": True, "expires_at": FUTURE}, {"expires_at": "2001-01-01 00:00+00"}])
def test_newest_lock_that_is_deleted_or_expired_hides_an_older_valid_one(
    warehouse: Warehouse, hiding: dict[str, object]
) -> None:
    """Oddity K7."""
    rows = with_case()
    rows.dunning_lock(MBA, created_at="2023-01-01 00:00+00", expires_at=FUTURE)
    rows.dunning_lock(MBA, created_at="2023-01-02 00:00+00", **hiding)
    assert shown(build(warehouse, rows)) == NOTHING


def test_lock_of_today_is_valid_and_that_of_yesterday_is_not(warehouse: Warehouse) -> None:
    ((today,),) = warehouse.rows("select (now() at time zone 'Europe/Berlin')::date")
    rows = with_case()
    rows.account(2, "ACC-2")
    rows.charge(billingaccountouid=2, ouid=77)
    rows.dunning_lock(MBA, expires_at=f"{today} 00:00+00")
    warehouse.execute(
        "insert into dunninglock_vault.dunning_locks (mba, deleted, expires_at, created_at)"
        f" values ('ACC-2', false, timestamptz '{today} 00:00+00' - interval '1 second', now())"
    )
    items = build(warehouse, rows).open_items()
    assert {item["dunning_lock_until"] for item in items.values()} == {today, None}
    assert items[77]["dunning_lock_until"] is None


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ({"updated_at": "2023-02-01 00:00+00"}, {"updated_at": "2023-02-02 00:00+00"}),
        ({"updated_at": "2023-02-02 00:00+00"}, {"updated_at": None}),
        ({"created_at": "2023-02-02 00:00+00"}, {"created_at": None}),
    ],
)
def test_change_decides_between_locks_and_missing_instants_are_newest(
    warehouse: Warehouse, first: dict[str, object], last: dict[str, object]
) -> None:
    rows = with_case()
    rows.dunning_lock(MBA, reason="last", **last)
    rows.dunning_lock(MBA, reason="first", **first)
    assert shown(build(warehouse, rows), ("dunning_lock_reason",)) == ("last",)


def test_dunning_follows_the_master_account(warehouse: Warehouse) -> None:
    rows = with_charge()
    rows.master(1, rows.account(2, "MASTER"))
    rows.dunning_claim(rows.dunning_case("MASTER"), 2)
    rows.dunning_claim(rows.dunning_case(MBA), 1)
    assert shown(build(warehouse, rows), ("dunning_level",)) == (2,)


def test_without_any_case_there_are_no_locks_either(warehouse: Warehouse) -> None:
    """Oddity K7."""
    rows = with_charge()
    rows.dunning_lock(MBA, expires_at=FUTURE)
    results = build(warehouse, rows)
    assert shown(results) == NOTHING
    assert "no dunning data: receivablemanagement_vault.case_receivables is empty" in results.notices[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            "drop schema dunning_vault cascade",
            "WARNING:  no dunning data: this database lacks dunning_vault.claims",
        ),
        (
            "drop table receivablemanagement_vault.dunning_claims",
            "WARNING:  no dunning data: this database lacks receivablemanagement_vault.dunning_claims",
        ),
        (
            "drop schema dunning_vault, dunninglock_vault, receivablemanagement_vault cascade",
            "NOTICE:  no dunning data: this database has none of the dunning schemas",
        ),
        (
            "revoke select on dunninglock_vault.dunning_locks from billing_aggregator",
            'WARNING:  no dunning data: role "billing_aggregator" may not read dunninglock_vault.dunning_locks',
        ),
        (
            "revoke usage on schema dunning_vault from billing_aggregator",
            'WARNING:  no dunning data: role "billing_aggregator" may not read dunning_vault.claims',
        ),
    ],
)
def test_missing_source_or_grant_means_no_dunning_and_a_message(
    warehouse: Warehouse, change: str, message: str
) -> None:
    """Fixes F8 and F11."""
    rows = with_charge()
    rows.dunning_claim(rows.dunning_case(MBA), 2)
    rows.dunning_lock(MBA, expires_at=FUTURE)
    rows.load(warehouse)
    warehouse.execute(change)
    results = build(warehouse)
    assert shown(results) == NOTHING
    assert [notice.strip() for notice in results.notices] == [message]
