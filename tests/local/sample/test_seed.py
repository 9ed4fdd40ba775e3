"""The sample at any scale: keys are unique, and a charge has as many rows as at any other scale."""

from __future__ import annotations

import pytest

from local.sample.loader import load_seed
from local.servers.stack import Stack
from tests.include.sql.key_checks import KEY_CHECKS
from tests.include.sql.run_scripts import run_check, run_stage
from tests.support.warehouse import temporary_warehouse

pytestmark = pytest.mark.postgres_version

# Accounts are numbered from 0: these are some of the last of the sample at scale 100, with 5,000,000 charges.
LATE_ACCOUNT = 249_000
SCALE = 0.1


def rows_per_charge(stack: Stack, empty_template: str, first_account: int) -> float:
    """The rows of the list for each charge of a part of the sample, whose keys are checked."""
    with temporary_warehouse(stack, "sample_part", empty_template) as warehouse:
        load_seed(warehouse.admin_dsn, SCALE, first_account)
        assert [check for check in KEY_CHECKS.values() if not run_check(warehouse, check).passed] == []
        for system in ("bookkeeper", "tripica"):
            run_stage(warehouse, system, "init")
        ((rows, charges),) = warehouse.rows("""
            select count(*), (select count(*) from datalake_vault.applied_billing_charge)
            from report_oibl.tripica_results
        """)
    return float(rows / charges)


def test_a_part_of_a_large_sample_has_unique_keys_and_as_many_rows_a_charge(stack: Stack, empty_template: str) -> None:
    late, early = (rows_per_charge(stack, empty_template, first) for first in (LATE_ACCOUNT, 0))

    assert late == pytest.approx(early, rel=0.05)
