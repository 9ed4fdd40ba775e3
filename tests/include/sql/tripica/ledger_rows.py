"""Adds rows of dunning, payment allocation and the booking system to the billing rows of a test."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tests.include.sql.tripica.billing_rows import CREATED, BillingRows


class LedgerRows(BillingRows):
    """Billing rows, and what dunning, bookkeeping and payment allocation made of them."""

    def dunning_case(self, mba: str, **columns: Any) -> UUID:
        """A dunning case of a master account."""
        ordinary = {"id": self._uuid(), "mba": mba, "status": "DUNNING", "created_at": CREATED}
        self.add("receivablemanagement_vault.case_receivables", **ordinary | columns)
        return UUID(str((ordinary | columns)["id"]))

    def dunning_claim(self, case: UUID, level: int | None, scenario: str | None = None) -> None:
        """A claim of a dunning case."""
        self.add(
            "receivablemanagement_vault.dunning_claims",
            case_receivable_id=case,
            dunning_claim_id=self._uuid(),
            dunning_level=level,
            scenario=scenario,
        )

    def dunning_lock(self, mba: str, **columns: Any) -> None:
        """A dunning lock of a master account, without end."""
        ordinary = {"mba": mba, "reason": "Ratenplan", "deleted": False, "created_at": CREATED}
        self.add("dunninglock_vault.dunning_locks", **ordinary | columns)

    def booking(self, aggregate: str | None, formula: str | None = "TaxIncludedAmount", **columns: Any) -> None:
        """A booking line, as the booking system publishes it: debit on account 40010000 unless said otherwise."""
        ordinary = {
            "booking_execution_id": -1,
            "booking_created": "2024-06-01",
            "budat": "2024-05-31",
            "beldat": "2024-06-01",
            "aufnr": "/",
            "mwskz": "2A",
            "newbs": "40",
            "newko": "40010000",
            "xblnr": "BR_TRPC-000001",
            "aggregate_id": aggregate,
            "amount_calculation": formula,
        }
        self.add("report_oibl.bookkeeper_results", **ordinary | columns)

    def tax_line(self, aggregate: str | None, formula: str | None = "vat.Amount", **columns: Any) -> None:
        """A tax line, as the booking system publishes it."""
        ordinary = {
            "bbtax_booking_execution_id": -1,
            "bbtax_booking_created": "2024-06-01",
            "mwskz": "2A",
            "newbs": "50",
            "newko": "76100030",
            "xblnr": "BR_TRPC-000001",
            "wrbed": "19,00",
            "fwbas": "100,00",
            "aggregate_id": aggregate,
            "amount_calculation": formula,
            "aufnr": "/",
        }
        self.add("report_oibl.bookkeeper_tax_lines", **ordinary | columns)

    def document(self, number: str = "BR_TRPC-000001", posted: str = "2024-05-31") -> None:
        """A document header, as the booking system publishes it."""
        self.add("report_oibl.bookkeeper_document_headers", xbelnr=number, budat=posted)

    def pas_booking(self, amount: str | None = "119.00", status: str | None = "ALLOCATED", **columns: Any) -> UUID:
        """A booking of payment allocation; `amount` in euros."""
        booking, payment, state = (columns.pop("id", None) or self._uuid()), self._uuid(), self._uuid()
        vault = "paymentallocation_vault"
        ordinary = {"id": booking, "payment_id": payment, "payment_state_id": state, "sap_id": None}
        self.add(f"{vault}.bookings", **ordinary | columns)
        self.add(f"{vault}.payments", id=payment, amount=amount)
        self.add(f"{vault}.payment_states", id=state, payment_status=status)
        return UUID(str(booking))
