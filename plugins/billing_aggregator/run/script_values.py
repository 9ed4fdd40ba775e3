"""The values that scripts see of a run: plain copies, so that no script reaches Airflow's objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from billing_aggregator.run.current_run import business_date_of
from billing_aggregator.templates.rendering import Plain
from billing_aggregator.templates.sandbox import DAG_RUN_VALUES, DATED_VALUES

if TYPE_CHECKING:
    from airflow.sdk import Context


@dataclass(frozen=True)
class ScriptValues:
    """The values of a deployment, to which those of a run are added."""

    client_id: str
    environment: str

    def of(self, context: Context | Mapping[str, Any]) -> dict[str, Plain]:
        """Return the documented values by name; those of the logical date only if the run has one.

        :raises ValueError: the business date is no date
        """
        run = context["dag_run"]
        dated = {name: context.get(name) for name in DATED_VALUES if name in context}
        values = {
            "client_id": self.client_id,
            "environment": self.environment,
            "business_date": business_date_of(context),
            "run_id": context["run_id"],
            "params": context["params"],
            "dag_run": {name: getattr(run, name) for name in DAG_RUN_VALUES},
        }
        return {name: _plain(value) for name, value in (values | dated).items()}


def _plain(value: object) -> Plain:
    """Copy a value into plain ones; whatever is none of them becomes its text, as a template would show it."""
    match value:
        case None | bool():
            return value
        case int():
            return int(value)
        case list() | tuple():
            return [_plain(each) for each in value]
        case Mapping():
            return {str(name): _plain(value[name]) for name in value}
        case _:
            return str(value)
