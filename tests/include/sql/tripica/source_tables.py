"""Collects rows of any table for a test and loads them into its warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from itertools import count
from typing import Any
from uuid import UUID

import psycopg2.extras
from psycopg2 import sql

from tests.support.warehouse import Warehouse


class SourceTables:
    """The rows of one test, in the order they were added."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, dict[str, Any]]] = []
        self._numbers = count(101)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, table: str, **columns: Any) -> None:
        """Any row of any table, as schema.table."""
        self._rows.append((table, columns))

    def load(self, warehouse: Warehouse, order: Sequence[int] | None = None) -> None:
        """Add the rows to the warehouse, in the order they were added or in the given one."""
        psycopg2.extras.register_uuid()  # type: ignore[no-untyped-call]
        rows = self._rows if order is None else [self._rows[position] for position in order]
        with closing(warehouse.connect(admin=True)) as connection, connection, connection.cursor() as cursor:
            for table, columns in rows:
                cursor.execute(_insert(table, columns), list(columns.values()))

    def _uuid(self) -> UUID:
        return UUID(int=next(self._numbers))


def _insert(table: str, columns: dict[str, Any]) -> sql.Composed:
    return sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(*table.split(".")),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.SQL(", ").join(sql.Placeholder() * len(columns)),
    )
