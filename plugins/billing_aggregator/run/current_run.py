"""The run that a task belongs to: its business date, the systems that it selects, and its name in the warehouse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from billing_aggregator.run.lock import Holder, RunLock

if TYPE_CHECKING:
    from airflow.sdk import Context


@dataclass(frozen=True)
class CurrentRun:
    """A run that holds the warehouse.

    :param systems: the systems that it selects
    """

    holder: Holder
    business_date: date
    systems: tuple[str, ...]
    _task: Any = field(repr=False)

    @classmethod
    def of(cls, context: Context, lock: RunLock) -> CurrentRun:
        """Return the run of a task's context."""
        return cls(
            lock.holder_of(context), business_date_of(context), tuple(context["params"]["systems"]), context["ti"]
        )

    def is_marked(self, task_id: str) -> bool:
        """Say whether a person marked the task as a success: it counts as one, but has left no result."""
        task = self._task
        states = task.get_task_states(task.dag_id, task_ids=[task_id], run_ids=[task.run_id])
        return states[task.run_id].get(task_id) == "success" and not task.xcom_pull(task_ids=task_id)


def business_date_of(context: Context | Mapping[str, Any]) -> date:
    """Return the business date of a run: its parameter, else its own date (UTC).

    A run that was triggered without a logical date has only the time at which it was due.

    :raises ValueError: the parameter is no date
    """
    return date.fromisoformat(asked_business_date(context))


def asked_business_date(context: Context | Mapping[str, Any]) -> str:
    """Return the business date in ISO 8601; what somebody has asked for is not judged, as where it is refused."""
    run = context["dag_run"]
    return context["params"]["business_date"] or (run.logical_date or run.run_after).date().isoformat()
