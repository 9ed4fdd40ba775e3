"""Which day an instant belongs to: docs/domain.md 3.12."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.include.sql.tripica.ledger_rows import LedgerRows
from tests.include.sql.tripica.results import Results, build
from tests.support.warehouse import Warehouse

# Both instants belong to another day in Berlin than in UTC: one in summer time, one in winter time.
SUMMER = ("2023-06-30 22:00:00+00", date(2023, 7, 1))
WINTER = ("2023-12-31 23:00:00+00", date(2024, 1, 1))
EDGES = [
    SUMMER,
    WINTER,
    ("2023-06-30 21:59:59+00", date(2023, 6, 30)),
    ("2023-12-31 22:59:59+00", date(2023, 12, 31)),
    ("2023-03-26 01:00:00+00", date(2023, 3, 26)),
    ("2023-10-28 22:00:00+00", date(2023, 10, 29)),
    ("2023-10-29 23:00:00+00", date(2023, 10, 30)),
]


def add_everything(rows: LedgerRows, instant: str) -> dict[str, int]:
    """A charge for each kind of date, all at one instant."""
    rows.payment("consumption", daterequest=instant)
    rows.charge("GAS_MANUAL_CONSUMPTION", "consumption")
    rows.balance("consumption", amount=1)
    rows.balance("start", startdatetime=instant, amount=1)
    rows.balance("lettered", letteringdate=instant, amount=1)
    rows.balance("by status", "DUE_LETTERED", datetimelastmodif=instant, amount=1)
    rows.payment("overpaid", "REJECTED", datelastchangestatus=instant)
    charges = {
        "date_created": rows.charge("GAS_ABSCHLAG", "x", datetimecreate=instant),
        "due_date of a bill": rows.charge("GAS_BILL", settlementnoteadviceouid=rows.bill(due=instant)),
        "due_date of a header": rows.charge("GAS_BILL", settlementnoteadviceouid=rows.bill(created=instant)),
        "due_date of a balance": rows.charge("GAS_ABSCHLAG", "start"),
        "due_date of a request": rows.charge("GAS_ABSCHLAG", "consumption"),
        "balance_date lettered": rows.charge("GAS_ABSCHLAG", "lettered"),
        "balance_date by status": rows.charge("GAS_ABSCHLAG", "by status"),
        "balance_date ignored": rows.charge(accountingid="ignored", datetimelastmodif=instant),
        "balance_date of an overpayment": rows.charge("OVERPAYMENT_CREDIT", "overpaid"),
        "write_off_date": rows.charge(ouid=12),
    }
    rows.write_off("12", instant)
    return charges


def days(results: Results, charges: dict[str, int]) -> dict[str, Any]:
    items = results.open_items()
    return {name: items[charge][name.split()[0]] for name, charge in charges.items()}


@pytest.mark.parametrize(("instant", "day"), EDGES)
def test_days_are_berlin_days(warehouse: Warehouse, instant: str, day: date) -> None:
    rows = LedgerRows()
    charges = add_everything(rows, instant)
    assert days(build(warehouse, rows), charges) == dict.fromkeys(charges, day)


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_days_do_not_depend_on_the_zone_of_the_database(warehouse: Warehouse, zone: str) -> None:
    rows = LedgerRows()
    charges = add_everything(rows, SUMMER[0])
    warehouse.execute(f"alter database {warehouse.name} set timezone = '{zone}'")
    assert days(build(warehouse, rows), charges) == dict.fromkeys(charges, SUMMER[1])


def test_timestamps_without_zone_are_taken_as_they_stand(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    for table, columns in (
        ("applied_billing_charge", ("datetimecreate", "datetimelastmodif")),
        ("billing_account_balance", ("startdatetime", "letteringdate", "datetimecreate", "datetimelastmodif")),
        ("settlement_note_advice", ("paymentduedate", "datetimecreate")),
        ("payment_request", ("daterequest", "datelastchangestatus")),
        ("product", ("orderdate",)),
    ):
        for column in columns:
            warehouse.execute(f"alter table datalake_vault.{table} alter column {column} type timestamp")
    charges = add_everything(rows, "2023-06-30 23:59:59")
    assert days(build(warehouse, rows), charges) == dict.fromkeys(charges, date(2023, 6, 30))


def test_lock_end_without_zone_is_read_as_utc_and_shown_as_berlin_day(warehouse: Warehouse) -> None:
    rows = LedgerRows()
    charge = rows.charge()
    rows.dunning_case("OTHER")
    warehouse.execute("alter table dunninglock_vault.dunning_locks alter column expires_at type timestamp")
    rows.dunning_lock("ACC-1", expires_at="2098-06-30 22:00")
    assert build(warehouse, rows).open_items()[charge]["dunning_lock_until"] == date(2098, 7, 1)


def test_characteristics_may_be_json_or_jsonb(warehouse: Warehouse) -> None:
    for table in ("applied_billing_charge", "billing_account", "product"):
        warehouse.execute(f"alter table datalake_vault.{table} alter column characteristics type json")
    rows = LedgerRows()
    rows.charge(billingaccountouid=rows.account(2, "A", flag="new"), ouid=12)
    rows.write_off("12", SUMMER[0])
    (item,) = build(warehouse, rows).open_items().values()
    assert (item["migration_flag"], item["write_off_date"]) == ("new", SUMMER[1])
