"""The page "Billing exports" in the UI of a real Airflow, after a green and a failed run."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from local.airflow.environment import DAG_ID
from tests.e2e.conftest import Shot, SignIn
from tests.support.airflow_ui import AirflowUi

CHECK = "postchecks/bookkeeper/010_check_documents.sql"
BROKEN = "-- Fails, for a look at what is told.\nselect false as documents_balance, '<b>account 4711</b>' as details\n"


@pytest.fixture(scope="module")
def green_run(airflow_ui: AirflowUi) -> str:
    """A run that has exported the system bookkeeper."""
    run_id = airflow_ui.trigger(systems=["bookkeeper"])
    assert airflow_ui.wait_for_end(run_id) == "success"
    return run_id


@pytest.fixture(scope="module")
def failed_run(airflow_ui: AirflowUi, green_run: str) -> Iterator[str]:
    """A run after it whose postcheck has refused the results."""
    script = airflow_ui.scripts / CHECK
    whole = script.read_text(encoding="utf-8")
    script.write_text(BROKEN, encoding="utf-8")
    run_id = airflow_ui.trigger(systems=["bookkeeper"])
    assert airflow_ui.wait_for_end(run_id) == "failed"
    yield run_id
    script.write_text(whole, encoding="utf-8")


def frame(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


def open_page(page: Page, airflow_ui: AirflowUi) -> FrameLocator:
    """Open the page by the navigation, as a person does."""
    page.goto(airflow_ui.url)
    page.get_by_role("link", name="Billing exports").click()
    return frame(page)


def test_without_a_session_there_is_no_data(airflow_ui: AirflowUi, sign_in: SignIn, green_run: str) -> None:
    stranger = sign_in(None)

    stranger.goto(f"{airflow_ui.url}/billing-exports/")

    expect(stranger.get_by_text("You are not signed in to Airflow, or your session has ended.")).to_be_visible()
    expect(stranger.locator("body")).not_to_contain_text("bookkeeper")
    assert stranger.request.get(f"{airflow_ui.url}/api/v2/dags/{DAG_ID}/dagRuns").status == 401


def test_finance_reads_what_a_green_run_has_delivered(airflow_ui: AirflowUi, sign_in: SignIn, green_run: str) -> None:
    finance = sign_in("finance")
    content = open_page(finance, airflow_ui)

    path = f"/api/v2/dags/{DAG_ID}/dagRuns/{green_run}/taskInstances/bookkeeper.export/xcomEntries/return_value"
    rows = airflow_ui.api.call(path)["value"]
    expect(content.get_by_text("Everything was delivered.")).to_be_visible()
    expect(content.get_by_role("region", name="bookkeeper")).to_contain_text("Delivered")
    assert rows


def test_links_lead_out_of_the_frame_to_the_log_of_the_export(
    airflow_ui: AirflowUi, page: Page, green_run: str
) -> None:
    content = open_page(page, airflow_ui)

    content.get_by_role("region", name="bookkeeper").get_by_role("link", name="Log").first.click()

    expect(page).to_have_url(re.compile(r"/dags/billing_data_aggregator/runs/[^/]+/tasks/bookkeeper\.export"))


def test_a_failed_run_is_told_with_its_error_as_text_and_a_remedy(
    airflow_ui: AirflowUi, page: Page, failed_run: str, shot: Shot
) -> None:
    content = open_page(page, airflow_ui)

    expect(content.get_by_text("A newer run failed.")).to_be_visible()
    failure = content.get_by_role("listitem").filter(has=content.get_by_text("Why", exact=True))
    expect(failure).to_contain_text("bookkeeper.postchecks.010_check_documents")
    expect(failure).to_contain_text(CHECK)
    expect(failure).to_contain_text("<b>account 4711</b>")
    expect(failure).to_contain_text("The results stay in the warehouse for a look")
    shot("billing-exports-failed")


def test_the_tab_of_a_run_shows_that_run(airflow_ui: AirflowUi, page: Page, green_run: str, failed_run: str) -> None:
    page.goto(airflow_ui.run_url(green_run))
    # One in the navigation, and the tab of the run, which comes later on a busy machine.
    links = page.get_by_role("link", name="Billing exports")
    expect(links).to_have_count(2)
    links.last.click()

    expect(frame(page).get_by_role("heading", name="The run in detail Succeeded")).to_be_visible()


def test_the_page_follows_the_colours_of_airflow(airflow_ui: AirflowUi, sign_in: SignIn, green_run: str) -> None:
    page = sign_in("operator")
    page.add_init_script("localStorage.setItem('theme', 'dark')")

    content = open_page(page, airflow_ui)

    expect(content.locator("html")).to_have_attribute("data-theme", "dark")
    page.screenshot(path="build/e2e/billing-exports-dark.png")
