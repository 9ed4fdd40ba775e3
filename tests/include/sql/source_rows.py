"""Builds rows of bookkeeper_vault for a test: each call adds one row and returns its uuid."""

from __future__ import annotations

from contextlib import closing
from itertools import count
from typing import Any
from uuid import UUID

import psycopg2.extras
from psycopg2 import sql

from tests.support.warehouse import Warehouse

VAULT = "bookkeeper_vault"


class SourceRows:
    """The rows of one test, in the order they were added; columns not named get ordinary values."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, dict[str, Any]]] = []
        self._numbers = count(1)

    def summary(self, **columns: Any) -> UUID:
        """A booking run."""
        ordinary = {
            "create_time": "2024-03-05 12:00+00",
            "file_created_at": "2024-03-05 13:00+00",
            "export": True,
        }
        return self._add("summaries", ordinary | columns)

    def entry(self, summary: UUID, **columns: Any) -> UUID:
        """A document of a booking run."""
        ordinary = {"summaries_uuid": summary, "id": "BR_TRPC-000001", "date": "2024-03-04"}
        return self._add("journal_entries", ordinary | columns)

    def item(self, entry: UUID, **columns: Any) -> UUID:
        """A line of a document; `amount` in cents."""
        ordinary = {"journal_entries_uuid": entry, "account": "40000001", "amount": 11900}
        return self._add("journal_entry_items", ordinary | columns)

    def booked_item(self, **columns: Any) -> UUID:
        """A line of a document of its own, which belongs to an exported booking run of its own."""
        return self.item(self.entry(self.summary()), **columns)

    def tag(self, item: UUID, key: str, value: str | None, kind: str = "rfbibl") -> None:
        """A metadata row of a line; `kind` is its type."""
        columns = {"journal_entry_items_uuid": item, "type": kind, "key": key, "value": value}
        self._rows.append(("journal_entry_item_account_metadata", columns))

    def source(self, item: UUID) -> UUID:
        """A source of a line."""
        return self._add("journal_entry_item_sources", {"journal_entry_items_uuid": item})

    def source_item(self, source: UUID, **columns: Any) -> None:
        """An item of a source; `amount` in cents."""
        ordinary = {
            "journal_entry_item_sources_uuid": source,
            "amount": 11900,
            "amount_formula": "TaxIncludedAmount",
        }
        self._rows.append(("journal_entry_item_source_items", ordinary | columns))

    def transaction_item(self, external_reference: str | None) -> UUID:
        """What a source item refers to; the reference is the aggregate's id."""
        return self._add("transaction_items", {"external_reference": external_reference})

    def transaction_item_tax(self, external_reference: str | None) -> UUID:
        """The tax a source item refers to; the reference is the tax aggregate's ouid as text."""
        return self._add("transaction_item_taxes", {"external_reference": external_reference})

    def tax(self, item: UUID, **columns: Any) -> UUID:
        """A tax line of a line; `amount` in cents."""
        return self._add("journal_entry_item_taxes", {"journal_entry_items_uuid": item, "amount": 1900} | columns)

    def tax_source(self, tax: UUID) -> UUID:
        """A source of a tax line."""
        return self._add("journal_entry_item_tax_sources", {"journal_entry_item_taxes_uuid": tax})

    def tax_source_item(self, tax_source: UUID, **columns: Any) -> None:
        """An item of a tax line's source; `amount` and `base_amount` in cents."""
        ordinary = {
            "journal_entry_item_tax_sources_uuid": tax_source,
            "amount": 1900,
            "base_amount": 10000,
            "amount_formula": "vat.Amount",
        }
        self._rows.append(("journal_entry_item_tax_source_items", ordinary | columns))

    def load(self, warehouse: Warehouse, *, backwards: bool = False) -> None:
        """Make the rows the only ones of their tables, stored in the order they were added or backwards."""
        psycopg2.extras.register_uuid()
        with closing(warehouse.connect(admin=True)) as connection, connection, connection.cursor() as cursor:
            for table in sorted({table for table, _ in self._rows}):
                cursor.execute(sql.SQL("truncate {}").format(sql.Identifier(VAULT, table)))
            for table, columns in reversed(self._rows) if backwards else self._rows:
                cursor.execute(_insert(table, columns), list(columns.values()))

    def _add(self, table: str, columns: dict[str, Any]) -> UUID:
        key = UUID(int=next(self._numbers))
        self._rows.append((table, {"uuid": key} | columns))
        return key


def _insert(table: str, columns: dict[str, Any]) -> sql.Composed:
    return sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(VAULT, table),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
