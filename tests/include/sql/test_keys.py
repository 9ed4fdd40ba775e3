"""Keys that a join relies on: a run is refused where one repeats, and goes on where repetition is part of the data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.servers.stack import Stack
from tests.include.sql.key_checks import KEY_CHECKS
from tests.include.sql.run_scripts import run_check
from tests.support.warehouse import Warehouse, temporary_warehouse

KEYS = {
    "tripica": [
        "datalake_vault.applied_billing_charge.ouid",
        "datalake_vault.applied_billing_tax_rate.ouid",
        "datalake_vault.billing_account.ouid",
        "datalake_vault.billing_account_balance.ouid",
        "datalake_vault.charge_aggregate.ouid",
        "datalake_vault.login.ouid",
        "datalake_vault.payment_request.ouid",
        "datalake_vault.tax_aggregate.ouid",
        "paymentallocation_vault.bookings.id",
        "paymentallocation_vault.payment_states.id",
        "paymentallocation_vault.payments.id",
    ],
    "bookkeeper": [
        "bookkeeper_vault.journal_entries.uuid",
        "bookkeeper_vault.journal_entry_item_sources.uuid",
        "bookkeeper_vault.journal_entry_item_tax_sources.uuid",
        "bookkeeper_vault.journal_entry_item_taxes.uuid",
        "bookkeeper_vault.journal_entry_items.uuid",
        "bookkeeper_vault.summaries.uuid",
        "bookkeeper_vault.transaction_item_taxes.uuid",
        "bookkeeper_vault.transaction_items.uuid",
    ],
    "bookings": [
        "bookings_vault.booking_runs.id",
        "datalake_vault.charge_aggregate.ouid",
        "datalake_vault.tax_aggregate.ouid",
    ],
}
EXPORTED = "(select uuid from bookkeeper_vault.summaries where export)"
EXPORTED_ENTRIES = f"(select uuid from bookkeeper_vault.journal_entries where summaries_uuid in {EXPORTED})"
LINKED = "(select billingaccountouid from datalake_vault.billing_account_relationship)"
# Which rows of a table count, where not all do.
COUNTED = {
    "bookkeeper_vault.summaries": "export",
    "bookkeeper_vault.journal_entries": f"summaries_uuid in {EXPORTED}",
    "bookkeeper_vault.journal_entry_items": f"journal_entries_uuid in {EXPORTED_ENTRIES}",
    "bookings_vault.booking_runs": "summary is not null and deleted = 0",
}
# What may repeat: the columns of a row that is there once more, with what makes it another one.
LAWFUL = [
    ("tripica", "datalake_vault.login", "ouid = -ouid"),
    ("tripica", "datalake_vault.settlement_note_advice", ""),
    ("tripica", "datalake_vault.billing_account_relationship", ""),
    ("tripica", "datalake_vault.charge_aggregate", "ouid = -ouid"),
    ("tripica", "datalake_vault.payment_item", ""),
    ("tripica", "datalake_vault.product", ""),
    ("tripica", "receivablemanagement_vault.case_receivables", ""),
    ("bookkeeper", "bookkeeper_vault.journal_entries", "uuid = gen_random_uuid()"),
    ("bookkeeper", "bookkeeper_vault.journal_entries", "summaries_uuid = null"),
    ("bookkeeper", "bookkeeper_vault.journal_entry_items", "journal_entries_uuid = null"),
    ("bookkeeper", "bookkeeper_vault.summaries", "export = false"),
    ("bookkeeper", "bookkeeper_vault.summaries", "export = null"),
    ("bookkeeper", "bookkeeper_vault.journal_entry_item_source_items", ""),
    ("bookkeeper", "bookkeeper_vault.journal_entry_item_account_metadata", ""),
    ("bookings", "bookings_vault.booking_runs", "deleted = 1"),
    ("bookings", "bookings_vault.booking_runs", "summary = null"),
]


@pytest.fixture(scope="module")
def sample(stack: Stack, sample_template: str) -> Iterator[Warehouse]:
    """A sample warehouse for all tests of the module; each rolls back what it changes."""
    with temporary_warehouse(stack, "keys", sample_template) as warehouse:
        yield warehouse


def repeat_a_row(table: str, change: str = "", *, chosen: str = "true") -> str:
    """The statements that put a row of the table, one of those chosen, into it once more."""
    return f"""
        create temporary table repeated on commit drop as select * from {table} where {chosen} limit 1;
        {f"update repeated set {change};" if change else ""}
        insert into {table} select * from repeated
    """


@pytest.mark.parametrize("system", KEY_CHECKS)
def test_keys_of_the_sample_are_unique(sample: Warehouse, system: str) -> None:
    assert run_check(sample, KEY_CHECKS[system]).row == {
        "keys_are_unique": True,
        "details": "no key stands in more than one row",
    }


@pytest.mark.parametrize(("system", "key"), [(system, key) for system, keys in KEYS.items() for key in keys])
def test_row_that_the_source_repeats_is_refused_and_named(sample: Warehouse, system: str, key: str) -> None:
    table, _, column = key.rpartition(".")

    chosen = f"{column} is not null and {COUNTED.get(table, 'true')}"
    row = run_check(sample, KEY_CHECKS[system], after=repeat_a_row(table, chosen=chosen)).row

    assert not row["keys_are_unique"]
    assert f"{key}: 1 key(s) in more than one row, e.g. " in row["details"]
    assert row["details"].endswith(" in 2 rows")


def test_two_accounts_of_one_name_are_refused_if_one_is_linked(sample: Warehouse) -> None:
    """Each gets the master accounts of both."""
    after = repeat_a_row("datalake_vault.billing_account", "ouid = -ouid", chosen=f"name <> '' and ouid in {LINKED}")

    row = run_check(sample, KEY_CHECKS["tripica"], after=after).row

    assert not row["keys_are_unique"]
    assert row["details"].startswith("datalake_vault.billing_account.name: 1 key(s) in more than one row, e.g. ")


@pytest.mark.parametrize("name", ["name", "''"])
def test_accounts_of_one_name_are_accepted_if_none_is_linked(sample: Warehouse, name: str) -> None:
    """No master account is looked for by this name."""
    table = "datalake_vault.billing_account"
    rename = f"update {table} set name = {name} where ouid not in {LINKED}"
    after = f"{rename}; {repeat_a_row(table, 'ouid = -ouid', chosen=f'ouid not in {LINKED}')}"

    assert run_check(sample, KEY_CHECKS["tripica"], after=after).passed


def test_accounts_of_one_name_are_accepted_if_the_link_leads_nowhere(sample: Warehouse) -> None:
    after = f"""
        {repeat_a_row("datalake_vault.billing_account", "ouid = -ouid", chosen=f"name <> '' and ouid in {LINKED}")};
        update datalake_vault.billing_account_relationship set targetbillingaccountouid = 0
    """

    assert run_check(sample, KEY_CHECKS["tripica"], after=after).passed


def test_all_keys_that_repeat_are_counted(sample: Warehouse) -> None:
    after = """
        insert into bookkeeper_vault.journal_entries select * from bookkeeper_vault.journal_entries;
        insert into bookkeeper_vault.summaries (uuid, export)
        select '00000000-0000-0000-0000-000000000001'::uuid, true from generate_series(1, 3)
    """
    ((entries,),) = sample.rows(
        f"select count(*) from bookkeeper_vault.journal_entries where {COUNTED['bookkeeper_vault.journal_entries']}"
    )

    details = run_check(sample, KEY_CHECKS["bookkeeper"], after=after).row["details"]

    assert details.startswith(f"bookkeeper_vault.journal_entries.uuid: {entries} key(s) in more than one row, e.g. ")
    assert details.endswith(
        "; bookkeeper_vault.summaries.uuid: 1 key(s) in more than one row,"
        " e.g. 00000000-0000-0000-0000-000000000001 in 3 rows"
    )


@pytest.mark.parametrize(("system", "table", "change"), LAWFUL)
def test_repetition_that_is_part_of_the_data_is_accepted(
    sample: Warehouse, system: str, table: str, change: str
) -> None:
    assert run_check(sample, KEY_CHECKS[system], after=repeat_a_row(table, change=change)).passed


@pytest.mark.parametrize(("system", "key"), [(system, key) for system, keys in KEYS.items() for key in keys])
def test_missing_keys_are_not_the_same_key(sample: Warehouse, system: str, key: str) -> None:
    """Nothing is joined to a row without key."""
    table, _, column = key.rpartition(".")
    after = f"update {table} set {column} = null"

    assert run_check(sample, KEY_CHECKS[system], after=after).passed
