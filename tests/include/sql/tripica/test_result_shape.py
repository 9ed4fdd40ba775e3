"""The columns of the result and of the customer view: docs/domain.md 4.1."""

from __future__ import annotations

import re

from tests.include.sql.run_scripts import ROOT, run_stage
from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import build
from tests.support.warehouse import Warehouse

TEXT = "character varying"
COLUMNS = [
    ("applied_billing_charge_ouid", "text"),
    ("billing_account_ouid", "text"),
    ("login_ouid", "text"),
    ("billing_account_balance_ouid", "text"),
    ("tax_item_ouid", "text"),
    ("datetimelastmodif", "timestamp with time zone"),
    ("cba", TEXT),
    ("mba", TEXT),
    ("customer_id", TEXT),
    ("date_created", "date"),
    ("transaction_id", TEXT),
    ("glid", TEXT),
    ("analyticaxis", TEXT),
    ("bill_id", TEXT),
    ("due_date", "date"),
    ("balance_date", "date"),
    ("write_off_date", "date"),
    ("write_off_reason", "text"),
    ("write_off_note", "text"),
    ("dunning_lock_until", "date"),
    ("dunning_lock_reason", "text"),
    ("dunning_status", TEXT),
    ("dunning_scenario", TEXT),
    ("dunning_level", "integer"),
    ("amount_net", "numeric"),
    ("amount_gross", "numeric"),
    ("amount_vat", "numeric"),
    ("amount_energy_tax", "numeric"),
    ("aggregate_id", TEXT),
    ("accounting_id", TEXT),
    ("booking_execution_id", "integer"),
    ("booking_created_at", "date"),
    ("booking_date", "date"),
    ("booking_order_number", "text"),
    ("booking_tax_code", "text"),
    ("booking_mainledger_account", "text"),
    ("booking_reference_document_number", "text"),
    ("booking_debit_amount", "numeric(20,2)"),
    ("booking_credit_amount", "numeric(20,2)"),
    ("booking_amount_indicator", "text"),
    ("migration_flag", "text"),
]
NOT_IN_VIEW = {number for number, _ in COLUMNS[:6]} | {"dunning_status", "booking_execution_id"}


def columns(warehouse: Warehouse, relation: str) -> list[tuple[str, str]]:
    return warehouse.rows(
        "select attname::text, format_type(atttypid, atttypmod) from pg_attribute"
        f" where attrelid = 'report_oibl.{relation}'::regclass and attnum > 0 order by attnum"
    )


def test_result_has_41_columns_of_these_types_even_if_it_is_empty(warehouse: Warehouse) -> None:
    results = build(warehouse)
    assert results.rows == []
    assert columns(warehouse, "tripica_results") == COLUMNS
    assert len(COLUMNS) == 41


def test_customer_view_leaves_out_technical_columns(warehouse: Warehouse) -> None:
    build(warehouse)
    expected = [column for column in COLUMNS if column[0] not in NOT_IN_VIEW]
    assert columns(warehouse, "oibl_customer") == expected
    assert len(expected) == 33


def test_archive_exports_all_columns_of_the_view(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    rows.charge()
    build(warehouse, rows)
    (run,) = run_stage(warehouse, "customer", "archive")
    assert run.script == "oibl"
    assert list(run.row) == [name for name, _ in COLUMNS if name not in NOT_IN_VIEW]


def test_every_script_says_what_it_is_for_and_what_rule_it_follows() -> None:
    for path in sorted(ROOT.rglob("*.sql")):
        header = re.match(r"(?:-- .+\n)+", path.read_text(encoding="utf-8"))
        assert header, f"{path} has no header comment"
        assert 2 <= len(header[0].splitlines()) <= 6, f"{path}: header of {len(header[0].splitlines())} lines"


def test_every_work_table_is_dropped_by_cleanup(warehouse: Warehouse) -> None:
    build(warehouse)
    run_stage(warehouse, "tripica", "history")
    run_stage(warehouse, "tripica", "cleanup")
    left = warehouse.rows(
        "select relname::text from pg_class where relnamespace = 'report_oibl_work'::regnamespace"
        " and relkind in ('r', 'v') and relname like 'tripica%'"
    )
    assert left == []


def test_cleanup_may_run_again(warehouse: Warehouse) -> None:
    run_stage(warehouse, "tripica", "cleanup")
    run_stage(warehouse, "tripica", "cleanup")
