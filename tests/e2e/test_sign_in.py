"""Who sees and does what: a stranger nothing, the operator everything, finance may only look."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from local.airflow.environment import DAG_ID
from tests.e2e.conftest import SignIn
from tests.support.airflow_ui import AirflowUi


def test_somebody_unknown_sees_only_the_login(airflow_ui: AirflowUi, sign_in: SignIn) -> None:
    stranger = sign_in(None)

    stranger.goto(airflow_ui.dag_url())

    expect(stranger.get_by_role("button", name="Sign in")).to_be_visible()
    expect(stranger.locator("body")).not_to_contain_text("billing")


def test_the_operator_may_trigger_a_run(airflow_ui: AirflowUi, page: Page) -> None:
    page.goto(airflow_ui.dag_url())

    expect(page.get_by_role("button", name="Trigger").first).to_be_enabled()


def test_somebody_of_finance_may_look_but_not_trigger(airflow_ui: AirflowUi, sign_in: SignIn) -> None:
    finance = sign_in("finance")

    finance.goto(airflow_ui.dag_url())

    expect(finance.get_by_role("heading", name="billing_data_aggregator")).to_be_visible()
    triggered = finance.request.post(f"{airflow_ui.url}/api/v2/dags/{DAG_ID}/dagRuns", data={"logical_date": None})
    assert triggered.status == 403
