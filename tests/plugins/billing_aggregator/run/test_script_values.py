"""Scripts see copies of a run's documented values, and texts in place of Airflow's objects."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.definitions.param import ParamsDict

from billing_aggregator.run.script_values import ScriptValues
from billing_aggregator.templates.sandbox import DATED_VALUES, VALUES

DAY = datetime(2026, 11, 21, 2, tzinfo=UTC)
MOMENT = "2026-11-21 02:00:00+00:00"
DEPLOYMENT = ScriptValues("enercity", "prod")


class Text(str):
    """A text with a way to something else."""

    secret = "of-the-worker"


def context(**params: Any) -> dict[str, Any]:
    """What Airflow gives a task, with objects that no script may see."""
    params = {"systems": ["tripica"], "dry_run": False, "max_rows_per_file": 5, "business_date": None} | params
    run = SimpleNamespace(run_id="manual__1", logical_date=DAY, run_after=DAY, conf={"password": "x"}, dag=object())
    dated: dict[str, Any] = dict.fromkeys(DATED_VALUES, DAY)
    return {"params": params, "dag_run": run, "run_id": "manual__1", "conn": object(), "var": object(), **dated}


def test_the_values_are_the_documented_ones() -> None:
    values = DEPLOYMENT.of(context())

    assert {*values} == {*VALUES}
    assert (values["client_id"], values["environment"], values["business_date"]) == ("enercity", "prod", "2026-11-21")
    assert values["logical_date"] == MOMENT
    assert values["dag_run"] == {"run_id": "manual__1", "logical_date": MOMENT, "run_after": MOMENT}


def test_a_run_without_a_logical_date_has_no_values_of_it() -> None:
    given = {name: value for name, value in context().items() if name not in DATED_VALUES}
    given["dag_run"].logical_date = None

    values = DEPLOYMENT.of(given)

    assert {*VALUES} - {*values} == {*DATED_VALUES}
    assert values["business_date"] == "2026-11-21"


def test_they_are_copies_of_the_run_s_own() -> None:
    given = context(nested={"list": [1, None, True]}, text=Text("a"), other=object())

    values: Any = DEPLOYMENT.of(given)
    values["params"]["systems"].append("other")
    values["params"]["nested"]["list"].clear()

    assert given["params"]["systems"] == ["tripica"]
    assert given["params"]["nested"] == {"list": [1, None, True]}
    assert type(values["params"]["text"]) is str
    assert values["params"]["other"].startswith("<object object")


def test_they_are_plain_whatever_airflow_keeps_parameters_in() -> None:
    given = context() | {"params": ParamsDict({"business_date": "2026-01-31", "systems": ["a"], "dry_run": True})}

    values = DEPLOYMENT.of(given)

    assert json.loads(json.dumps(values)) == values
    assert values["params"] == {"business_date": "2026-01-31", "systems": ["a"], "dry_run": True}
    assert values["business_date"] == "2026-01-31"


def test_a_business_date_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="drop table x"):
        DEPLOYMENT.of(context(business_date="'; drop table x"))
