"""Builds the Open Items and Balance List for a test and reads its rows by family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.include.sql.run_scripts import ScriptRun, read_table, run_stage
from tests.include.sql.tripica.source_tables import SourceTables
from tests.support.warehouse import Warehouse

Row = dict[str, Any]


@dataclass(frozen=True)
class Results:
    """The rows of report_oibl.tripica_results in the order they are stored, and the notices of the build."""

    rows: list[Row]
    notices: tuple[str, ...] = ()

    def family(self, letter: str) -> list[Row]:
        """The rows of a family, told apart as docs/domain.md 4.2 says."""
        return [row for row in self.rows if family_of(row) == letter]

    def open_items(self) -> dict[int, Row]:
        """The open items by charge."""
        return {int(row["applied_billing_charge_ouid"]): row for row in self.family("A")}

    def bookings(self, charge: int) -> list[Row]:
        """The bookings of a charge (family B)."""
        return [row for row in self.family("B") if row["applied_billing_charge_ouid"] == str(charge)]


def family_of(row: Row) -> str:
    """A open item, B booked charge, C booked balance, D tax line, E payment."""
    if row["applied_billing_charge_ouid"] is None:
        return "E"
    if row["billing_account_balance_ouid"]:
        return "C"
    if row["tax_item_ouid"] != "":
        return "B"
    return "A" if row["booking_reference_document_number"] is None else "D"


def build(warehouse: Warehouse, rows: SourceTables | None = None, client_id: str = "enercity") -> Results:
    """Load the rows, run the scripts of tripica and read the result."""
    if rows is not None:
        rows.load(warehouse)
    runs = run_stage(warehouse, "tripica", "init", client_id)
    return Results(read_table(warehouse, "tripica_results"), notices_of(runs))


def notices_of(runs: Sequence[ScriptRun]) -> tuple[str, ...]:
    """What the server said during the scripts."""
    return tuple(notice for run in runs for notice in run.notices)


def amounts(row: Row) -> tuple[Any, Any]:
    """Debit and credit of a booking."""
    return row["booking_debit_amount"], row["booking_credit_amount"]
