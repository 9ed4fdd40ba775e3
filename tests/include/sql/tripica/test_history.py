"""The history of the open items: changes only, the same after a re-run, correct after a late run of an older date."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.include.sql.run_scripts import run_stage
from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse

Listed = dict[int, int]
DAYS = ("2024-07-01", "2024-07-02", "2024-07-03", "2024-07-04")


def run_day(warehouse: Warehouse, day: str, items: Listed) -> None:
    """A run on a business date on which the source holds these charges with these amounts."""
    warehouse.execute(
        "truncate datalake_vault.applied_billing_charge, datalake_vault.applied_billing_tax_rate,"
        " datalake_vault.billing_account, datalake_vault.login"
    )
    rows = LedgerRows()
    for charge, net in items.items():
        rows.charge(ouid=charge, net=net)
    build(warehouse, rows)
    run_stage(warehouse, "tripica", "history", business_date=day)


def listed_on(warehouse: Warehouse, day: str) -> Listed:
    """The one query that says what was open on a day."""
    found = warehouse.rows(
        "select applied_billing_charge_ouid::int, (amount_net * 100)::int from report_oibl.tripica_open_items_history"
        f" where valid_from <= '{day}' and valid_until > '{day}'"
    )
    return dict(found)


def spans(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.rows(
        "select applied_billing_charge_ouid::int, (amount_net * 100)::int, valid_from::text, valid_until::text"
        " from report_oibl.tripica_open_items_history order by 1, 3"
    )


def test_item_that_stays_the_same_has_one_row(warehouse: Warehouse) -> None:
    for day in DAYS:
        run_day(warehouse, day, {1: 100})
    assert spans(warehouse) == [(1, 100, "2024-07-01", "infinity")]


def test_changed_item_gets_a_row_and_gone_item_ends(warehouse: Warehouse) -> None:
    run_day(warehouse, DAYS[0], {1: 100, 2: 200})
    run_day(warehouse, DAYS[1], {1: 150})
    run_day(warehouse, DAYS[3], {1: 150, 2: 200})
    assert spans(warehouse) == [
        (1, 100, "2024-07-01", "2024-07-02"),
        (1, 150, "2024-07-02", "infinity"),
        (2, 200, "2024-07-01", "2024-07-02"),
        (2, 200, "2024-07-04", "infinity"),
    ]
    assert listed_on(warehouse, "2024-07-03") == {1: 150}


def test_re_run_of_a_date_changes_nothing(warehouse: Warehouse) -> None:
    run_day(warehouse, DAYS[0], {1: 100})
    run_day(warehouse, DAYS[1], {1: 150, 2: 200})
    before = spans(warehouse)
    run_day(warehouse, DAYS[1], {1: 150, 2: 200})
    assert spans(warehouse) == before


def test_re_run_of_a_date_with_other_data_replaces_it(warehouse: Warehouse) -> None:
    run_day(warehouse, DAYS[0], {1: 100})
    run_day(warehouse, DAYS[1], {1: 150, 2: 200})
    run_day(warehouse, DAYS[1], {1: 100})
    assert spans(warehouse) == [(1, 100, "2024-07-01", "infinity")]


def test_late_run_of_an_older_date_leaves_earlier_and_later_dates_as_they_were(warehouse: Warehouse) -> None:
    run_day(warehouse, DAYS[0], {1: 100, 2: 200})
    run_day(warehouse, DAYS[2], {1: 100, 3: 300})
    run_day(warehouse, DAYS[1], {1: 150, 2: 200, 3: 300})
    assert listed_on(warehouse, DAYS[0]) == {1: 100, 2: 200}
    assert listed_on(warehouse, DAYS[1]) == {1: 150, 2: 200, 3: 300}
    assert listed_on(warehouse, DAYS[2]) == {1: 100, 3: 300}
    assert (3, 300, "2024-07-02", "infinity") in spans(warehouse)


def test_run_before_the_first_date_says_nothing_of_later_dates(warehouse: Warehouse) -> None:
    run_day(warehouse, DAYS[1], {1: 100})
    run_day(warehouse, DAYS[0], {1: 100, 2: 200})
    assert spans(warehouse) == [(1, 100, "2024-07-01", "infinity"), (2, 200, "2024-07-01", "2024-07-02")]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3)))[1:])
def test_order_of_the_runs_does_not_matter(warehouse: Warehouse, order: tuple[int, ...]) -> None:
    states: list[Listed] = [{1: 100, 2: 200}, {1: 150, 3: 300}, {1: 100, 3: 300}]
    for number in order:
        run_day(warehouse, DAYS[number], states[number])
    assert [listed_on(warehouse, DAYS[number]) for number in range(3)] == states
    assert spans(warehouse) == [
        (1, 100, "2024-07-01", "2024-07-02"),
        (1, 150, "2024-07-02", "2024-07-03"),
        (1, 100, "2024-07-03", "infinity"),
        (2, 200, "2024-07-01", "2024-07-02"),
        (3, 300, "2024-07-02", "infinity"),
    ]


def test_history_keeps_open_items_only(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge(ouid=1, aggregateid="A1")
    rows.booking("A1")
    rows.document()
    rows.tax_line("A1")
    rows.balance("T", "PAID", aggregateid="A1")
    build(warehouse, rows)
    run_stage(warehouse, "tripica", "history")
    assert len(spans(warehouse)) == 1


def test_journal_counts_the_open_items_of_each_date(warehouse: Warehouse) -> None:
    for day, items in ((DAYS[0], {1: 1, 2: 2}), (DAYS[1], {1: 1}), (DAYS[0], {1: 1, 2: 2, 3: 3})):
        run_day(warehouse, day, items)
    runs = warehouse.rows("select business_date::text, open_items from report_oibl.tripica_history_runs order by 1")
    assert runs == [("2024-07-01", 3), ("2024-07-02", 1)]


def test_days_older_than_the_retention_are_forgotten(warehouse: Warehouse) -> None:
    run_day(warehouse, "2021-07-01", {1: 100, 2: 200})
    run_day(warehouse, "2021-07-02", {2: 200})
    run_day(warehouse, "2024-06-30", {2: 200})
    assert len(spans(warehouse)) == 2
    run_day(warehouse, "2024-07-01", {2: 200})
    assert spans(warehouse) == [(2, 200, "2021-07-01", "infinity")]
    assert warehouse.rows("select min(business_date)::text from report_oibl.tripica_history_runs") == [("2021-07-02",)]


def test_work_tables_of_the_history_do_not_stay(warehouse: Warehouse) -> None:
    run_day(warehouse, DAYS[0], {1: 100})
    assert warehouse.rows("select to_regclass('report_oibl_work.tripica_items_of_run')") == [(None,)]
