"""Builds rows of the billing source for a test: each call adds a row with ordinary values and returns its key."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.include.sql.tripica.source_tables import SourceTables

ACCOUNT = 1
CUSTOMER = 1001
CREATED = "2023-05-10 12:00 Europe/Berlin"


class BillingRows(SourceTables):
    """An account with one login and no master, and what the test adds to it.

    Amounts are cents; a charge has 100.00 net, 19.00 VAT and belongs to the account unless the test says otherwise.
    """

    def __init__(self) -> None:
        super().__init__()
        self.account(ACCOUNT, "ACC-1", customer=CUSTOMER)
        self.login(11, CUSTOMER, "KD-1")

    def account(self, ouid: int, name: str | None, *, customer: int | None = None, flag: str | None = None) -> int:
        """A billing account, without login unless its customer has one."""
        characteristics = None if flag is None else json.dumps({"migrationFlag": flag})
        self._datalake("billing_account", ouid=ouid, name=name, customerouid=customer, characteristics=characteristics)
        return ouid

    def master(self, child: int, target: int) -> None:
        """Puts an account below a master account."""
        self._datalake("billing_account_relationship", billingaccountouid=child, targetbillingaccountouid=target)

    def login(self, ouid: int, customer: int, customer_id: str | None) -> None:
        """A login of a customer."""
        self._datalake("login", ouid=ouid, customerouid=customer, externalid=customer_id)

    def charge(
        self,
        glid: str | None = "GAS_ABSCHLAG",
        transaction: str | None = None,
        *,
        net: int | None = 10000,
        gross: int | None = 11900,
        vat: int | None = 1900,
        energy: int | None = None,
        rejects: str | None = None,
        pays: str | None = None,
        **columns: Any,
    ) -> int:
        """A charge with a VAT row of 19 % (none if `vat` is None) and, if `energy` is given, a gas tax row.

        Without a transaction it gets one of its own, `T-<ouid>`. `rejects` and `pays` name other transactions.
        """
        ouid = columns.pop("ouid", None) or next(self._numbers)
        characteristics = {"rejectedChargeTransactionId": rejects, "partiallyPaidChargeTransactionId": pays}
        ordinary = {
            "ouid": ouid,
            "transactionid": transaction or f"T-{ouid}",
            "billingaccountouid": ACCOUNT,
            "customerouid": CUSTOMER,
            "glid": glid,
            "taxexcludedamount": net,
            "taxincludedamount": gross,
            "datetimecreate": CREATED,
            "datetimelastmodif": CREATED,
            "characteristics": json.dumps({key: value for key, value in characteristics.items() if value}),
        }
        self._datalake("applied_billing_charge", **ordinary | columns)
        if vat is not None:
            self.tax(ouid, "VAT", vat, "0.19")
        if energy is not None:
            self.tax(ouid, "gasTax", energy, "20.50")
        return int(ouid)

    def tax(self, charge: int, category: str, amount: int | None, rate: str | None) -> int:
        """A tax row of a charge."""
        ouid = next(self._numbers)
        self._datalake(
            "applied_billing_tax_rate",
            ouid=ouid,
            appliedbillingchargeouid=charge,
            taxcategory=category,
            taxrate=rate,
            amount=amount,
        )
        return ouid

    def aggregate(self, aggregate: str, taxes: Sequence[tuple[str, str | None, int | None]] = ()) -> list[int]:
        """A charge aggregate with tax aggregates (category, rate, amount); returns their ouids."""
        header = next(self._numbers)
        self._datalake("charge_aggregate", ouid=header, aggregateid=aggregate)
        ouids = []
        for category, rate, amount in taxes:
            ouids.append(next(self._numbers))
            self._datalake(
                "tax_aggregate",
                ouid=ouids[-1],
                chargeaggregateouid=header,
                taxcategory=category,
                taxrate=rate,
                amount=amount,
            )
        return ouids

    def bill(self, due: str | None = None, created: str | None = CREATED, number: str | None = "R-1") -> int:
        """A bill header; the charge names it as `settlementnoteadviceouid`."""
        ouid = next(self._numbers)
        self._datalake("settlement_note_advice", ouid=ouid, id=number, paymentduedate=due, datetimecreate=created)
        return ouid

    def balance(self, transaction: str | None, status: str = "DUE", amount: int | None = 11900, **columns: Any) -> int:
        """A balance of a transaction, due when `startdatetime` says."""
        ouid = columns.pop("ouid", None) or next(self._numbers)
        ordinary = {
            "ouid": ouid,
            "transactionid": transaction,
            "billingaccountouid": ACCOUNT,
            "status": status,
            "amount": amount,
            "startdatetime": "2023-05-24 00:00 Europe/Berlin",
            "datetimecreate": CREATED,
            "datetimelastmodif": CREATED,
        }
        self._datalake("billing_account_balance", **ordinary | columns)
        return int(ouid)

    def payment(self, transaction: str | None, status: str = "ACCEPTED", **columns: Any) -> int:
        """A payment request of a transaction."""
        ouid = columns.pop("ouid", None) or next(self._numbers)
        self._datalake("payment_request", ouid=ouid, transactionid=transaction, status=status, **columns)
        return int(ouid)

    def payment_item(
        self, payment: int, balance: int, kind: str = "CANCELLED_BALANCE", amount: int | None = 11900
    ) -> None:
        """An item of a payment request, which refers to a balance."""
        self._datalake("payment_item", paymentouid=payment, referredouid=balance, referredtype=kind, amount=amount)

    def write_off(self, charges: str | None, ordered: str | None = CREATED, **options: Any) -> int:
        """An order that writes off a list of charges; options: reason, note(s), state, name, product, order."""
        product = options.get("product") or next(self._numbers)
        order = options.get("order") or next(self._numbers)
        characteristics = {"CHARGES_OUIDS": charges, "CANCELLATION_REASON": options.get("reason")}
        self._datalake(
            "product",
            ouid=product,
            name=options.get("name", "ACTCHARGESCANCELLATION"),
            orderdate=ordered,
            characteristics=json.dumps({key: value for key, value in characteristics.items() if value}),
        )
        self._datalake("order_item", product_ouid=product, productorderouid=order)
        self._datalake("product_order", ouid=order, state=options.get("state", "COMPLETED"))
        for note in options.get("notes", ()):
            self._datalake("note", productorderouid=order, text=note)
        return int(order)

    def _datalake(self, table: str, **columns: Any) -> None:
        self.add(f"datalake_vault.{table}", **columns)
