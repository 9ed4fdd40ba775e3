"""The sample warehouse: the same data every time, every kind of row in it, and never over foreign data."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from psycopg2 import errors

from local.errors import StackError
from local.sample.loader import (
    REPORT_SCHEMAS,
    SOURCE_SCHEMAS,
    load_sample_warehouse,
    load_schema,
    load_seed,
)
from local.servers.stack import Stack
from tests.support.warehouse import Warehouse, temporary_warehouse

pytestmark = pytest.mark.postgres_version

SCALE = 0.02
CASES_FROM = 900_000_000

DUE_PATTERNS = [
    "BANK_FEE",
    "DUNNING_FEE",
    "%_ABSCHLAG",
    "%_BILL",
    "%_BILL_MIGRATION",
    "%_CANCELLATION_BALANCE",
    "%_MANUAL_BILL",
    "%_MANUAL_BONUS",
    "EPILOT_%_LEASE_PAY",
    "EPILOT_%_SERVICE_PAY",
    "EPILOT_%_UNIT_PAY",
    "OVERPAYMENT_CREDIT",
    "OVERPAYMENT_REFUND",
    "OVERPAYMENT_USED",
    "METER_BLOCKING_%_FEE",
    "METER_BLOCKING_LETTER",
    "METER_UNBLOCKING_%_FEE",
    "%_CANCELLATION_BALANCE_WRITE_OFF",
]
NOT_DUE_PATTERNS = [
    "%_REJECTED",
    "BANK_FEE_MIGRATION",
    "BANK_FEE_RETURN",
    "DUNNING_FEE_MIGRATION",
    "%_MANUAL_BONUS_REFUND",
    "PAYMENT_TRANSACTION",
    "%_BILL_CANCEL",
    "%_DISCOUNT_%",
    "%_SUBSCRIPTION_%",
    "%_MANUAL_CONSUMPTION",
    "%_MANUAL_BONUS_CANCELLATION",
    "OVERPAYMENT_REFUND_CANCEL",
    "OVERPAYMENT_CREDIT_REJECTED",
]
FORMULAS = [
    "TaxIncludedAmount",
    "ac.TaxIncludedAmount",
    "TaxExcludedAmount - energyTax.Amount",
    "VATExcludedAmount - GASTAX",
    "VATExcludedAmount - ELECTRICITYTAX",
    "TaxIncludedAmount - VAT - ENERGYTAX",
    "TaxIncludedAmount - VAT - ELECTRICITYTAX",
    "TaxIncludedAmount - VAT - GASTAX",
    "VATExcludedAmount",
    "TaxIncludedAmount - VAT",
    "energyTax.Amount",
    "GASTAX",
    "ELECTRICITYTAX",
    "vat.Amount",
    "VAT",
]


@pytest.fixture(scope="module")
def sample(stack: Stack) -> Iterator[Warehouse]:
    """A database with the sample at the smallest useful scale."""
    with temporary_warehouse(stack, "sample_loaded", "template0") as warehouse:
        load_sample_warehouse(warehouse.admin_dsn, SCALE, progress=lambda _: None)
        yield warehouse


@pytest.fixture
def blank(stack: Stack) -> Iterator[Warehouse]:
    """A database without any schema."""
    with temporary_warehouse(stack, "sample_blank", "template0") as warehouse:
        yield warehouse


def test_same_scale_gives_the_same_bytes_in_every_table(sample: Warehouse, blank: Warehouse) -> None:
    load_schema(blank.admin_dsn)
    load_seed(blank.admin_dsn, SCALE)

    assert _fingerprints(blank) == _fingerprints(sample)


def test_rows_grow_linearly_with_scale_and_cases_stay_the_same(sample: Warehouse, blank: Warehouse) -> None:
    charges, cases, total = _sizes(sample)
    sizes = []
    for scale in (0.12, 0.22):
        load_sample_warehouse(blank.admin_dsn, scale, progress=lambda _: None)
        sizes.append(_sizes(blank))

    assert [size[0] - charges for size in sizes] == [5_000, 10_000]
    assert [size[1] for size in sizes] == [cases, cases]
    assert sizes[1][2] - total == pytest.approx(2 * (sizes[0][2] - total), rel=0.05)


def test_second_load_of_the_same_sample_changes_nothing(sample: Warehouse) -> None:
    messages: list[str] = []
    identity = "select oid, relfilenode from pg_class where relname = 'applied_billing_charge'"
    before = sample.rows(identity)

    load_sample_warehouse(sample.admin_dsn, SCALE, progress=messages.append)

    assert messages == ["Sample warehouse: scale 0.02 is loaded and used as it is"]
    assert sample.rows(identity) == before


def test_other_scale_replaces_sample_and_results(blank: Warehouse) -> None:
    load_sample_warehouse(blank.admin_dsn, 0.016, progress=lambda _: None)
    blank.execute("create table report_oibl.old_result as select 1 as one")

    load_sample_warehouse(blank.admin_dsn, SCALE, progress=lambda _: None)

    assert blank.rows("select to_regclass('report_oibl.old_result')") == [(None,)]
    assert _count(blank, f"datalake_vault.applied_billing_charge where ouid < {CASES_FROM}") == 1_000


@pytest.mark.parametrize("scale", [None, 0.016])
def test_a_sample_that_must_stay_is_used_as_it_is(blank: Warehouse, scale: float | None) -> None:
    load_sample_warehouse(blank.admin_dsn, 0.016, progress=lambda _: None)
    blank.execute("create table report_oibl.result as select 1 as one")
    messages: list[str] = []

    load_sample_warehouse(blank.admin_dsn, scale, progress=messages.append, may_replace=False)

    assert messages == ["Sample warehouse: scale 0.016 is loaded and used as it is"]
    assert blank.rows("select one from report_oibl.result") == [(1,)]


def test_another_scale_is_refused_where_the_sample_must_stay(blank: Warehouse) -> None:
    load_sample_warehouse(blank.admin_dsn, 0.016, progress=lambda _: None)
    blank.execute("create table report_oibl.result as select 1 as one")

    with pytest.raises(StackError) as refused:
        load_sample_warehouse(blank.admin_dsn, SCALE, progress=lambda _: None, may_replace=False)

    assert str(refused.value).startswith(
        "Scale 0.02 was asked for, but the running servers hold the sample at scale 0.016."
    )
    assert blank.rows("select one from report_oibl.result") == [(1,)]


def test_an_empty_database_is_filled_even_where_a_sample_would_have_to_stay(blank: Warehouse) -> None:
    load_sample_warehouse(blank.admin_dsn, SCALE, progress=lambda _: None, may_replace=False)

    assert _count(blank, "datalake_vault.applied_billing_charge") > 1_000


def test_without_a_scale_the_loaded_one_stays(blank: Warehouse) -> None:
    load_sample_warehouse(blank.admin_dsn, 0.016, progress=lambda _: None)
    blank.execute("create table report_oibl.result as select 1 as one")

    load_sample_warehouse(blank.admin_dsn, None, progress=lambda _: None)

    assert blank.rows("select one from report_oibl.result") == [(1,)]


def test_without_a_scale_a_sample_of_other_files_is_loaded_again_at_its_scale(blank: Warehouse) -> None:
    load_sample_warehouse(blank.admin_dsn, 0.016, progress=lambda _: None)
    charges = _sizes(blank)
    blank.execute("comment on schema bookkeeper_vault is 'sample data scale=0.016 sha256=of other files'")
    messages: list[str] = []

    load_sample_warehouse(blank.admin_dsn, None, progress=messages.append)

    assert messages[:2] == [
        "Sample warehouse: removing the sample at scale 0.016 and its results",
        "Sample warehouse: loading scale 0.016",
    ]
    assert _sizes(blank) == charges


def test_unmarked_source_data_is_refused_and_left_alone(blank: Warehouse) -> None:
    blank.execute("create schema datalake_vault; create table datalake_vault.login as select 4711 as ouid")

    with pytest.raises(StackError) as caught:
        load_sample_warehouse(blank.admin_dsn, SCALE, progress=lambda _: None)

    assert "'datalake_vault'" in str(caught.value)
    assert "'sample_blank'" in str(caught.value)
    assert blank.rows("select ouid from datalake_vault.login") == [(4711,)]


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf"), 4_001.0])
def test_scale_that_is_no_size_is_refused(blank: Warehouse, scale: float) -> None:
    with pytest.raises(StackError, match="SCALE must be a number above 0"):
        load_sample_warehouse(blank.admin_dsn, scale, progress=lambda _: None)


def test_failed_schema_leaves_nothing_behind(blank: Warehouse) -> None:
    blank.execute("create schema report_oibl_work")

    with pytest.raises(errors.DuplicateSchema):
        load_schema(blank.admin_dsn)

    assert blank.rows("select count(*) from pg_namespace where nspname like '%\\_vault'") == [(0,)]


def test_every_source_table_has_rows(sample: Warehouse) -> None:
    assert [table for table in _tables(sample) if _count(sample, table) == 0] == []


def test_no_payment_is_too_large_to_be_believed(sample: Warehouse) -> None:
    assert sample.rows("select max(amount) < 10000 from paymentallocation_vault.payments") == [(True,)]


@pytest.mark.parametrize("pattern", [*DUE_PATTERNS, *NOT_DUE_PATTERNS])
def test_charge_of_every_kind_exists(sample: Warehouse, pattern: str) -> None:
    query = f"select count(*) from datalake_vault.applied_billing_charge where glid like '{pattern}'"

    assert sample.rows(query) != [(0,)]


@pytest.mark.parametrize("formula", FORMULAS)
def test_every_formula_is_booked_on_both_sides(sample: Warehouse, formula: str) -> None:
    query = f"""
        select distinct sign(line.amount)
        from bookkeeper_vault.journal_entry_items as line
        inner join bookkeeper_vault.journal_entry_item_sources as source
            on source.journal_entry_items_uuid = line.uuid
        inner join bookkeeper_vault.journal_entry_item_source_items as item
            on item.journal_entry_item_sources_uuid = source.uuid
        where item.amount_formula = '{formula}' and line.amount <> 0 order by 1
    """

    assert sample.rows(query) == [(-1,), (1,)]


@pytest.mark.parametrize("character", ["ü", "ß", '"', "''", ",", ";", "\n", "\r"])
def test_texts_hold_what_breaks_careless_csv(sample: Warehouse, character: str) -> None:
    query = f"select count(*) from datalake_vault.note where position('{character}' in text) > 0"

    assert sample.rows(query) != [(0,)]


def test_bulk_documents_balance(sample: Warehouse) -> None:
    query = """
        with line as (
            select entry.id, item.amount from bookkeeper_vault.journal_entries as entry
            inner join bookkeeper_vault.journal_entry_items as item on item.journal_entries_uuid = entry.uuid
            union all
            select entry.id, tax.amount from bookkeeper_vault.journal_entries as entry
            inner join bookkeeper_vault.journal_entry_items as item on item.journal_entries_uuid = entry.uuid
            inner join bookkeeper_vault.journal_entry_item_taxes as tax
                on tax.journal_entry_items_uuid = item.uuid
        )
        select id from line where split_part(id, '-', 2) < '9' group by id having sum(amount) <> 0
    """

    assert sample.rows(query) == []


def test_pipeline_role_reads_every_source_and_owns_the_report_schemas(sample: Warehouse) -> None:
    with closing(sample.connect()) as connection, connection.cursor() as cursor:
        for table in _tables(sample):
            cursor.execute(f"select 1 from {table} limit 1")
        for schema in REPORT_SCHEMAS:
            cursor.execute(f"create table {schema}.probe (one integer)")


def test_pipeline_role_writes_no_source_and_creates_no_schema(sample: Warehouse) -> None:
    forbidden = [f"delete from {table}" for table in _tables(sample)]
    forbidden += [f"create table {schema}.probe (one integer)" for schema in SOURCE_SCHEMAS]
    with closing(sample.connect()) as connection, connection.cursor() as cursor:
        for statement in [*forbidden, "create schema probe"]:
            with pytest.raises(errors.InsufficientPrivilege):
                cursor.execute(statement)
            connection.rollback()


def _tables(warehouse: Warehouse) -> list[str]:
    schemas = ", ".join(f"'{schema}'" for schema in SOURCE_SCHEMAS)
    query = f"select schemaname || '.' || tablename from pg_tables where schemaname in ({schemas}) order by 1"
    return [table for (table,) in warehouse.rows(query)]


def _count(warehouse: Warehouse, table: str) -> int:
    return int(warehouse.rows(f"select count(*) from {table}")[0][0])


def _sizes(warehouse: Warehouse) -> tuple[int, int, int]:
    """The number of charges, of charges that are special cases, and of rows in all source tables."""
    table = "datalake_vault.applied_billing_charge"
    cases = _count(warehouse, f"{table} where ouid >= {CASES_FROM}")
    return _count(warehouse, table), cases, sum(_count(warehouse, name) for name in _tables(warehouse))


def _fingerprints(warehouse: Warehouse) -> dict[str, str]:
    """The md5 of each table's rows as text, in the order of the text."""
    with closing(psycopg2.connect(warehouse.admin_dsn, options="-c timezone=UTC")) as connection:
        found = {}
        for table in _tables(warehouse):
            with connection.cursor() as cursor:
                cursor.execute(
                    'select md5(string_agg(line, chr(10) order by line collate "C"))'
                    f" from (select t::text as line from {table} as t) as lines"
                )
                ((found[table],),) = cursor.fetchall()
        return found
