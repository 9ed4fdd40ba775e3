"""The journal of booking runs: one row per business date, the same after a re-run."""

from __future__ import annotations

from decimal import Decimal

from tests.include.sql.run_scripts import run_stage
from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.support.warehouse import Warehouse


def journal(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.rows(
        "select business_date::text, booking_lines, tax_lines, documents, debit_total, credit_total,"
        " first_posting_date::text, last_posting_date::text from report_oibl.bookkeeper_runs order by 1"
    )


def test_run_is_recorded_with_counts_totals_and_span(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.booking("A1", wrbed_aggregate="119,05", budat="2024-05-01")
    rows.booking("A1", wrbed_aggregate="19,00", newbs="50", budat="2024-05-31")
    rows.tax_line("A1")
    rows.document()
    rows.load(warehouse)
    for day in ("2024-07-02", "2024-07-01", "2024-07-02"):
        run_stage(warehouse, "bookkeeper", "history", business_date=day)
    figures = (2, 1, 1, Decimal("119.05"), Decimal("19.00"), "2024-05-01", "2024-05-31")
    assert journal(warehouse) == [("2024-07-01", *figures), ("2024-07-02", *figures)]


def test_runs_more_than_three_years_before_the_newest_are_forgotten(warehouse: Warehouse) -> None:
    for day in ("2021-06-30", "2021-07-01", "2024-07-01"):
        run_stage(warehouse, "bookkeeper", "history", business_date=day)
    assert [row[0] for row in journal(warehouse)] == ["2021-07-01", "2024-07-01"]
