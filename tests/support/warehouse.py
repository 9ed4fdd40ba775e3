"""A database of its own for one test, in the PostgreSQL of the embedded stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import pytest
from psycopg2 import sql
from psycopg2.extensions import connection as Connection  # noqa: N812

from local.servers.stack import Stack


@dataclass(frozen=True)
class Warehouse:
    """One database: how the pipeline reaches it, and shortcuts for a test to fill it and look at it."""

    name: str
    admin_dsn: str = field(repr=False)
    dsn: str = field(repr=False)
    environment: dict[str, str] = field(repr=False)

    def connect(self, *, admin: bool = False) -> Connection:
        """A new connection as the pipeline's role, or as the superuser; the caller closes it."""
        return psycopg2.connect(self.admin_dsn if admin else self.dsn)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The result of a query, run as the superuser."""
        with closing(self.connect(admin=True)) as connection, connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def execute(self, statements: str) -> None:
        """Run statements as the superuser, as one transaction unless they say otherwise."""
        with closing(self.connect(admin=True)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            cursor.execute(statements)


def airflow_connection(monkeypatch: pytest.MonkeyPatch, warehouse: Warehouse) -> str:
    """Make Airflow know the warehouse; the id of its connection."""
    settings = warehouse.environment
    connection = {
        "conn_type": "postgres",
        "host": settings["BDA_DB_HOST"],
        "port": int(settings["BDA_DB_PORT"]),
        "schema": settings["BDA_DB_NAME"],
        "login": settings["BDA_DB_USER"],
        "password": settings["BDA_DB_PASSWORD"],
    }
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", json.dumps(connection))
    return "warehouse"


def open_warehouse(stack: Stack, name: str) -> Warehouse:
    """The warehouse object of an existing database of the stack."""
    return Warehouse(name, stack.admin_dsn(name), stack.dsn(name), stack.database_environment(name))


def create_warehouse(stack: Stack, name: str, template: str = "template0") -> Warehouse:
    """Create a database as a copy of a template that nobody is connected to."""
    statement = sql.SQL("create database {} template {} strategy file_copy")
    _administer(stack, statement.format(sql.Identifier(name), sql.Identifier(template)))
    return open_warehouse(stack, name)


@contextmanager
def temporary_warehouse(stack: Stack, name: str, template: str) -> Iterator[Warehouse]:
    """A copy of a template for the block; dropped afterwards, even with connections still open."""
    yield create_warehouse(stack, name, template)
    _administer(stack, sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _administer(stack: Stack, statement: sql.Composed) -> None:
    with closing(psycopg2.connect(stack.admin_dsn("postgres"))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
