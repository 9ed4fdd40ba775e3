"""The business date of a run: the day that its archive and history are filed under."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk import Context


def business_date_of(context: Context | Mapping[str, Any]) -> date:
    """Return the business date of a run: its parameter, else its own date (UTC).

    A run that was triggered without a logical date has only the time at which it was due.

    :raises ValueError: the parameter is no date
    """
    asked_for = context["params"]["business_date"]
    run = context["dag_run"]
    return date.fromisoformat(asked_for) if asked_for else (run.logical_date or run.run_after).date()
