"""A warehouse for each test of the tripica scripts, in which the booking system has published empty results."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest

from local.servers.stack import Stack
from tests.include.sql.run_scripts import build_bookkeeper
from tests.support.warehouse import Warehouse, create_warehouse, temporary_warehouse

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def billing_template(stack: Stack, empty_template: str) -> str:
    """The name of a database with empty sources and empty results of the booking system, to be copied."""
    template = create_warehouse(stack, "billing_template", empty_template)
    build_bookkeeper(template)
    return template.name


@pytest.fixture(scope="module")
def shared_warehouse(stack: Stack, billing_template: str) -> Iterator[Warehouse]:
    """The same for all tests of a module: one build for many cases."""
    with temporary_warehouse(stack, f"billing_{next(_numbers)}", billing_template) as temporary:
        yield temporary


@pytest.fixture
def warehouse(stack: Stack, billing_template: str) -> Iterator[Warehouse]:
    """A database with empty sources and empty results of the booking system."""
    with temporary_warehouse(stack, f"billing_{next(_numbers)}", billing_template) as temporary:
        yield temporary
