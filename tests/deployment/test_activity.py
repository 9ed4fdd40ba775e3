"""A deployment keeps out of the way of a run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest
import yaml

from deployment.deploy import Wishes
from deployment.errors import DeploymentError
from tests.deployment.site import APPLY, UPDATE, Site
from tests.support.script_files import write_file

API = files("airflow.api_fastapi.core_api.openapi") / "v2-rest-api-generated.yaml"


def in_minutes(minutes: int) -> str:
    """A time as Airflow writes it."""
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def scheduled(minutes: int | None) -> dict[str, object]:
    start = None if minutes is None else in_minutes(minutes)
    return {"dag_id": "billing_data_aggregator", "next_dagrun_run_after": start}


@pytest.fixture
def changed(running: Site) -> Site:
    """A site with a new DAG file."""
    running.mwaa.describes(running.versions())
    write_file(running.checkout, "dags/third.py", "-- new\n")
    return running


def test_runs_at_work_are_not_disturbed(changed: Site) -> None:
    run = {"dag_id": "billing_data_aggregator_enercity", "dag_run_id": "scheduled__1", "state": "running"}
    second = run | {"dag_id": "billing_data_health_check", "state": "queued"}
    changed.mwaa.runs = [run, second, run | {"dag_id": "of_another_team"}]

    with pytest.raises(DeploymentError) as caught:
        changed.deploy(APPLY)

    assert str(caught.value).splitlines() == [
        "Nothing was changed, because a run would meet two releases:",
        "  - billing_data_aggregator_enercity: the run scheduled__1 is running",
        "  - billing_data_health_check: the run scheduled__1 is queued",
        "Wait, or deploy with NOW=1",
    ]
    assert "dags/third.py" not in changed.deployed()

    changed.mwaa.describes(changed.versions())
    assert changed.deploy(Wishes(apply=True, now=True)) == 0


def test_an_update_does_not_begin_shortly_before_the_schedule_starts_a_run(running: Site) -> None:
    before = running.versions()
    write_file(running.checkout, "plugins/plugin.py", "VALUE = 2\n")
    running.mwaa.describes(before)
    running.mwaa.dags = [scheduled(20)]

    with pytest.raises(DeploymentError, match="billing_data_aggregator: the schedule starts the next run at 20"):
        running.deploy(UPDATE)

    assert running.versions() == before


def test_scripts_can_change_until_five_minutes_before_the_next_start(changed: Site) -> None:
    changed.mwaa.dags = [scheduled(20), scheduled(None)]

    assert changed.deploy(APPLY) == 0


def test_an_environment_that_cannot_be_asked_needs_a_wish(changed: Site) -> None:
    changed.mwaa.answers_no_question = True

    with pytest.raises(DeploymentError, match=r"AccessDenied.*Allow airflow:InvokeRestApi .* deploy with NOW=1"):
        changed.deploy(APPLY)

    assert "dags/third.py" not in changed.deployed()


def test_it_asks_as_airflow_answers(changed: Site) -> None:
    changed.deploy(APPLY)

    with API.open(encoding="utf-8") as file:
        api = yaml.load(file, yaml.CSafeLoader)
    answers = api["components"]["schemas"]
    assert {"dag_id", "next_dagrun_run_after"} <= set(answers["DAGResponse"]["properties"])
    assert {"dag_id", "dag_run_id", "state"} <= set(answers["DAGRunResponse"]["properties"])
    assert len(changed.mwaa.asked) == 3
    for path, query in changed.mwaa.asked:
        operation = api["paths"]["/api/v2" + path.replace("~", "{dag_id}")]["get"]
        assert set(query) <= {each["name"] for each in operation["parameters"] if each["in"] == "query"}
