"""Airflow's UI is told where to show the page."""

from __future__ import annotations

import subprocess
import sys

import pytest

from billing_aggregator.pages.views import external_views, fastapi_apps
from tests.support.repository import REPO

# In a process of its own: starlette is loaded in this one already.
HEAVY = """
import sys
import billing_aggregator.pages.views
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"starlette", "fastapi", "anyio", "jinja2"}))
"""


def test_the_page_is_in_the_navigation_and_a_tab_of_dag_and_run() -> None:
    assert [view["destination"] for view in external_views()] == ["nav", "dag", "dag_run"]
    assert {view["name"] for view in external_views()} == {"Billing exports"}


def test_each_place_has_a_route_of_its_own() -> None:
    routes = [view["url_route"] for view in external_views()]

    assert len(set(routes)) == len(routes)


def test_addresses_hold_behind_any_path_and_lead_to_the_application() -> None:
    (app,) = fastapi_apps()

    prefix = str(app["url_prefix"])
    assert prefix == "/billing-exports"
    assert [str(view["href"]) for view in external_views() if not f"/{view['href']}".startswith(f"{prefix}/")] == []


def test_airflow_fills_in_which_dag_and_run_a_tab_is_for() -> None:
    hrefs = {view["destination"]: view["href"] for view in external_views()}

    assert hrefs["dag"] == "billing-exports/?dag_id={DAG_ID}"
    assert hrefs["dag_run"] == "billing-exports/?dag_id={DAG_ID}&run_id={RUN_ID}"


@pytest.mark.parametrize("attribute", ["fastapi_apps", "external_views", "operator_extra_links"])
def test_the_plugin_names_them_where_airflow_looks_for_them(attribute: str) -> None:
    from airflow.plugins_manager import AirflowPlugin

    from billing_aggregator_plugin import BillingAggregatorPlugin

    assert hasattr(AirflowPlugin, attribute)
    assert getattr(BillingAggregatorPlugin, attribute)


def test_a_process_that_serves_no_pages_loads_no_web_framework() -> None:
    environment = {"PYTHONPATH": str(REPO / "plugins")}
    assert subprocess.check_output([sys.executable, "-c", HEAVY], env=environment, text=True).strip() == ""
