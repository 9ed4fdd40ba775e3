"""The preflight decides which systems a run touches, and a task keeps to it."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from billing_aggregator.pipeline.preflight import skip_unless_selected


def test_a_cleared_task_of_a_system_that_the_run_does_not_select_is_skipped() -> None:
    context: Any = {"params": {"systems": ["tripica"], "dry_run": False}}

    skip_unless_selected("tripica", context)
    with pytest.raises(AirflowSkipException, match="does not select the system 'bookings'"):
        skip_unless_selected("bookings", context)


def test_a_cleared_task_of_a_dry_run_is_skipped() -> None:
    context: Any = {"params": {"systems": ["tripica"], "dry_run": True}}

    with pytest.raises(AirflowSkipException, match="a dry run changes nothing"):
        skip_unless_selected("tripica", context)
