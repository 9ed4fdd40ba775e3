"""What the legacy booking runs become: docs/domain.md 1.5 and 2.4."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import psycopg2.extras
import pytest

from tests.include.sql.run_scripts import build_bookkeeper, read_table, run_check, run_stage
from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse

HEADER: dict[str, Any] = {
    "ba": "ED",
    "budat": "31.05.2020",
    "bukrs": "100",
    "xblnr": "BR_TRPC-1",
    "beldat": "01.06.2020",
}
LINE: dict[str, Any] = {
    "key": "k",
    "aufnr": "4711",
    "mwskz": "2A",
    "newbs": "40",
    "newko": "40010000",
    "wrbed": "119,00",
    "xblnr": "BR_TRPC-1",
    "relatedAggregateIds": ["A1", "A2"],
}
SEGMENT: dict[str, Any] = {
    "wrbed": "100,00",
    "xblnr": "BR_TRPC-1",
    "newbs": "40",
    "newko": "40010000",
    "mwskz": "1A",
    "amountCalculation": "TaxIncludedAmount",
    "relatedAggregateId": "A1",
}
TAX: dict[str, Any] = {"mwskz": "2A", "bs": "50", "xblnr": "BR_TRPC-1", "fwste": "19,00", "fwbas": "100,00"}
THREE_TABLES = {"bookkeeper_document_headers", "bookkeeper_results", "bookkeeper_tax_lines"}


def add_run(
    rows: LedgerRows, run: int = 7, *, deleted: int | None = 0, raw: object = None, **lists: list[dict[str, Any]]
) -> None:
    summary = raw if raw is not None else {"sap": lists}
    rows.add(
        "bookings_vault.booking_runs",
        id=run,
        timestamp="2020-06-01 22:30+00",
        summary=psycopg2.extras.Json(summary),
        deleted=deleted,
    )


def booked(warehouse: Warehouse, rows: LedgerRows, client_id: str = "enercity") -> list[dict[str, Any]]:
    rows.load(warehouse)
    run_stage(warehouse, "bookings", "init", client_id)
    return read_table(warehouse, "bookkeeper_results")


def test_line_shows_itself_its_header_and_its_segment(empty_warehouse: Warehouse) -> None:
    rows = LedgerRows()
    add_run(rows, bbkpf=[HEADER], bbseg=[LINE], rawSegments=[SEGMENT])
    (line,) = booked(empty_warehouse, rows)
    assert line["booking_created"].isoformat() == "2020-06-01T22:30:00+00:00"
    assert {name: value for name, value in line.items() if value is not None and name != "booking_created"} == {
        "booking_execution_id": 7,
        "booking_src": "bbseg",
        "key": "k",
        "ba": "ED",
        "budat": date(2020, 5, 31),
        "bukrs": "100",
        "beldat": date(2020, 6, 1),
        "aufnr": "4711",
        "mwskz": "2A",
        "newbs": "40",
        "newko": "40010000",
        "mwskz2": "1A",
        "wrbed_total": "119,00",
        "wrbed_aggregate": "100,00",
        "xblnr": "BR_TRPC-1",
        "aggregate_id": "A1",
        "amount_calculation": "TaxIncludedAmount",
    }


def test_line_has_a_row_per_matching_segment(empty_warehouse: Warehouse) -> None:
    rows = LedgerRows()
    others: list[dict[str, Any]] = [
        {"relatedAggregateId": "A2"},
        {"relatedAggregateId": "A3"},
        {"newbs": "50"},
        {"newko": "1"},
        {"xblnr": "X"},
        {"relatedAggregateId": None},
    ]
    add_run(rows, 7, bbkpf=[HEADER], bbseg=[LINE], rawSegments=[SEGMENT, *(SEGMENT | other for other in others)])
    add_run(rows, 8, rawSegments=[SEGMENT])
    assert [line["aggregate_id"] for line in booked(empty_warehouse, rows)] == ["A1", "A2"]


@pytest.mark.parametrize("aggregates", [[], None, ["A9"]])
def test_line_without_segment_has_one_row_without_aggregate(
    empty_warehouse: Warehouse, aggregates: list[str] | None
) -> None:
    rows = LedgerRows()
    add_run(rows, bbkpf=[HEADER], bbseg=[LINE | {"relatedAggregateIds": aggregates}], rawSegments=[SEGMENT])
    (line,) = booked(empty_warehouse, rows)
    assert (line["aggregate_id"], line["amount_calculation"], line["budat"]) == (None, None, date(2020, 5, 31))


def test_aggregate_that_a_line_names_twice_counts_once(empty_warehouse: Warehouse) -> None:
    rows = LedgerRows()
    add_run(rows, bbkpf=[HEADER], bbseg=[LINE | {"relatedAggregateIds": ["A1", "A1"]}], rawSegments=[SEGMENT])
    assert len(booked(empty_warehouse, rows)) == 1


def test_line_without_header_has_neither_run_nor_dates_nor_segment(empty_warehouse: Warehouse) -> None:
    rows = LedgerRows()
    add_run(rows, 7, bbseg=[LINE], rawSegments=[SEGMENT])
    add_run(rows, 8, bbkpf=[HEADER])
    (line,) = booked(empty_warehouse, rows)
    missing = ("booking_execution_id", "booking_created", "budat", "beldat", "aggregate_id")
    assert [line[name] for name in missing] == [None] * 5
    assert line["xblnr"] == "BR_TRPC-1"


@pytest.mark.parametrize("run", [{"deleted": 1}, {"deleted": None}, {"raw": {"other": 1}}, {"raw": {"sap": None}}])
def test_deleted_and_empty_runs_do_not_count(empty_warehouse: Warehouse, run: dict[str, Any]) -> None:
    rows = LedgerRows()
    add_run(rows, bbkpf=[HEADER], bbseg=[LINE], **run)
    assert booked(empty_warehouse, rows) == []


def test_summary_may_be_text(empty_warehouse: Warehouse) -> None:
    empty_warehouse.execute("alter table bookings_vault.booking_runs alter column summary type text")
    rows = LedgerRows()
    summary = json.dumps({"sap": {"bbseg": [LINE]}})
    rows.add("bookings_vault.booking_runs", id=1, summary=summary, deleted=0)
    assert len(booked(empty_warehouse, rows)) == 1


@pytest.mark.parametrize("client_id", ["enercity", "local"])
def test_tax_line_finds_its_aggregate_and_account(empty_warehouse: Warehouse, client_id: str) -> None:
    rows = LedgerRows()
    (tax_aggregate,) = rows.aggregate("A1", [("VAT", "0.19", 1900)])
    elements = [{"taxAggregateOuid": str(tax_aggregate)}, {"taxAggregateOuid": "x"}, {}, {"mwskz": "99"}]
    add_run(rows, bbtax=[TAX | element for element in elements])
    booked(empty_warehouse, rows, client_id)
    lines = read_table(empty_warehouse, "bookkeeper_tax_lines")
    assert [(line["aggregate_id"], line["newko"]) for line in lines] == [
        ("A1", "76100030"),
        (None, "76100030"),
        (None, "76100030"),
        (None, None),
    ]
    assert (lines[0]["newbs"], lines[0]["wrbed"], lines[0]["fwbas"]) == ("50", "19,00", "100,00")
    assert (lines[0]["amount_calculation"], lines[0]["bbtax_booking_execution_id"]) == ("vat.Amount", 7)


def test_client_without_mapping_has_no_tax_accounts(empty_warehouse: Warehouse) -> None:
    rows = LedgerRows()
    add_run(rows, bbtax=[TAX])
    booked(empty_warehouse, rows, "q-cells")
    assert [line["newko"] for line in read_table(empty_warehouse, "bookkeeper_tax_lines")] == [None]


def test_nothing_but_the_three_tables_is_published(empty_warehouse: Warehouse) -> None:
    run_stage(empty_warehouse, "bookings", "init")
    run_stage(empty_warehouse, "bookings", "cleanup")
    found = empty_warehouse.rows(
        "select relname::text from pg_class where relnamespace::regnamespace::text like 'report_oibl%'"
        " and relkind in ('r', 'v') union all"
        " select proname::text from pg_proc where pronamespace = 'report_oibl_work'::regnamespace"
    )
    assert {name for (name,) in found} == THREE_TABLES


def test_tripica_reads_the_legacy_bookings_with_long_run_numbers(empty_warehouse: Warehouse) -> None:
    """Fix F10, and the Berlin day of the run's instant."""
    rows = LedgerRows()
    charge = rows.charge(aggregateid="A1")
    add_run(rows, 5_000_000_000, bbkpf=[HEADER], bbseg=[LINE], rawSegments=[SEGMENT], bbtax=[TAX])
    booked(empty_warehouse, rows)
    results = build(empty_warehouse)
    (booking,) = results.bookings(charge)
    assert booking["booking_execution_id"] == 5_000_000_000
    assert booking["booking_created_at"] == date(2020, 6, 2)
    assert len(results.family("D")) == 1


def test_legacy_results_replace_those_of_bookkeeper_and_keep_grants(empty_warehouse: Warehouse) -> None:
    build_bookkeeper(empty_warehouse)
    empty_warehouse.execute("grant select on report_oibl.bookkeeper_results to public")
    run_stage(empty_warehouse, "bookings", "init")
    run_stage(empty_warehouse, "bookings", "init")
    ((allowed,),) = empty_warehouse.rows(
        "select relacl::text like '%{=r/%' or relacl::text like '%,=r/%' from pg_class"
        " where oid = 'report_oibl.bookkeeper_results'::regclass"
    )
    assert allowed


def test_views_of_others_survive_the_next_legacy_run(empty_warehouse: Warehouse) -> None:
    run_stage(empty_warehouse, "bookings", "init")
    empty_warehouse.execute("create view public.documents as select * from report_oibl.bookkeeper_document_headers")

    runs = run_stage(empty_warehouse, "bookings", "init")

    assert empty_warehouse.rows("select to_regclass('public.documents') is not null") == [(True,)]
    assert [notice for run in runs for notice in run.notices] == []
    assert empty_warehouse.rows("select to_regclass('report_oibl_work.bookings_document_headers') is null") == [(True,)]


def test_checks_of_tripica_accept_the_legacy_results(empty_warehouse: Warehouse) -> None:
    run_stage(empty_warehouse, "bookings", "init")
    assert run_check(empty_warehouse, "prechecks/tripica/020_check_booking_results.sql").passed


def test_missing_booking_runs_fail_the_check(empty_warehouse: Warehouse) -> None:
    check = "prechecks/bookings/010_check_booking_runs.sql"
    assert run_check(empty_warehouse, check).passed
    assert run_check(empty_warehouse, check, after="drop table bookings_vault.booking_runs").row == {
        "booking_runs_readable": False,
        "details": "bookings_vault.booking_runs is missing for role billing_aggregator",
    }


def test_at_least_one_booking_run_must_count(empty_warehouse: Warehouse) -> None:
    check = "prechecks/bookings/040_check_counted_runs.sql"
    without = "insert into bookings_vault.booking_runs (id, summary, deleted) values (1, '{}', 1), (2, null, 0)"

    assert run_check(empty_warehouse, check, after=without).row == {
        "has_counted_run": False,
        "details": "0 of 2 rows of bookings_vault.booking_runs have a summary and are not deleted",
    }
    assert run_check(empty_warehouse, check, after=f"{without}, (3, '{{}}', 0)").passed
