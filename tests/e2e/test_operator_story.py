"""The operator's story: read what there is, trigger a system, see it go green, see a failure and why, repair it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Response, Route, expect

from tests.e2e.conftest import Shot
from tests.support.airflow_ui import AirflowUi

SCRIPT = "init/bookkeeper/200_build_results.sql"
TASK = "bookkeeper.init.200_build_results"


@pytest.fixture
def broken_run(airflow_ui: AirflowUi) -> Iterator[str]:
    """A run that failed in a script which reads a misspelt table; the script is right again after the test."""
    script = airflow_ui.scripts / SCRIPT
    whole = script.read_text(encoding="utf-8")
    script.write_text(
        whole.replace("bookkeeper_vault.transaction_items", "bookkeeper_vault.transaction_itmes"), "utf-8"
    )
    run_id = airflow_ui.trigger(systems=["bookkeeper"])
    assert airflow_ui.wait_for_end(run_id) == "failed"
    yield run_id
    script.write_text(whole, encoding="utf-8")


def open_form(page: Page, airflow_ui: AirflowUi) -> Locator:
    """Open the form that triggers a run."""
    page.goto(airflow_ui.dag_url())
    page.get_by_role("button", name="Trigger").first.click()
    form = page.get_by_role("dialog")
    expect(form.get_by_text("Run Parameters")).to_be_visible()
    return form


def submit(page: Page, form: Locator) -> str:
    """Trigger the run; Airflow goes on to its page. Returns its id."""
    form.get_by_role("button", name="Trigger").click()
    page.wait_for_url(re.compile(r"/runs/[^/]+$"))
    heading = page.get_by_role("heading", name=re.compile("^manual__"))
    return heading.inner_text()


def documentation(page: Page, address: str, button: str = "Documentation") -> Locator:
    """Open the documentation of what a page is about."""
    page.goto(address)
    page.get_by_role("button", name=button).click()
    return page.get_by_role("dialog")


def expect_state(page: Page, name: str, state: str) -> None:
    """Expect the state beside the name of the run or task that the page is about."""
    expect(page.get_by_role("heading", name=name).locator("..").get_by_text(state, exact=True)).to_be_visible()


def is_clearing(answer: Response) -> bool:
    """Whether this answers the request that clears tasks; others ask which tasks that would be."""
    is_asking = '"dry_run":false' not in (answer.request.post_data or "")
    return answer.url.endswith("/clearTaskInstances") and not is_asking


def test_the_manual_tells_how_the_batch_works(airflow_ui: AirflowUi, page: Page) -> None:
    manual = documentation(page, airflow_ui.dag_url(), "Dag Docs")

    expect(manual).to_contain_text("Every task and group explains itself")
    expect(manual).to_contain_text("docs/operations.md")


def test_the_graph_shows_the_systems_and_what_each_of_them_is(airflow_ui: AirflowUi, page: Page, shot: Shot) -> None:
    page.goto(airflow_ui.dag_url())
    page.get_by_role("button", name="Show Graph").click()
    group = page.locator(".react-flow__node").filter(has_text="tripica")

    group.hover()

    expect(page.get_by_text("The Open Items and Balance List").first).to_be_visible()
    expect(page.locator(".react-flow__node")).to_have_count(7)
    shot("graph")


def test_a_task_says_what_it_is_for_and_what_to_do_when_it_fails(airflow_ui: AirflowUi, page: Page, shot: Shot) -> None:
    text = documentation(page, airflow_ui.dag_url("/tasks/tripica.postchecks.010_check_open_items"))

    expect(text).to_contain_text("no charge is listed as an open item twice")
    expect(text.get_by_role("heading", name="What must hold")).to_be_visible()
    expect(text.get_by_role("listitem").filter(has_text="one open item per charge")).to_be_visible()
    expect(text.get_by_role("heading", name="If it fails")).to_be_visible()
    expect(text.get_by_role("listitem").filter(has_text="4.2 What makes a row")).to_have_count(1)
    shot("task-documentation")


def test_a_group_says_what_the_system_is_and_who_reads_it(airflow_ui: AirflowUi, page: Page) -> None:
    text = documentation(page, airflow_ui.dag_url("/tasks/group/tripica"))

    expect(text).to_contain_text("The Open Items and Balance List")
    expect(text.get_by_role("listitem").filter(has_text="Read by")).to_contain_text("auditors")


def test_the_form_starts_no_run_without_a_system(airflow_ui: AirflowUi, page: Page) -> None:
    form = open_form(page, airflow_ui)

    form.get_by_label("Clear selected options").click()

    expect(form.get_by_role("button", name="Trigger")).to_be_disabled()


def test_a_business_date_in_the_future_is_refused_in_clear_words(airflow_ui: AirflowUi, page: Page) -> None:
    form = open_form(page, airflow_ui)
    form.locator("#element_business_date").fill("2099-01-31")

    run_id = submit(page, form)

    assert airflow_ui.wait_for_end(run_id) == "failed"
    page.goto(airflow_ui.run_url(run_id, "/tasks/preflight"))
    expect(page.get_by_text("the business date 2099-01-31 is in the future").first).to_be_visible()


def test_one_system_that_is_triggered_by_the_form_goes_green(airflow_ui: AirflowUi, page: Page, shot: Shot) -> None:
    form = open_form(page, airflow_ui)
    for system in ("customer", "tripica"):
        form.get_by_label(f"Remove {system}").click()
    shot("trigger-form")

    run_id = submit(page, form)

    assert airflow_ui.wait_for_end(run_id) == "success"
    expect_state(page, run_id, "Success")
    page.goto(airflow_ui.run_url(run_id, "/tasks/report"))
    expect(page.get_by_text("System bookkeeper: success").first).to_be_visible()
    expect(page.get_by_text("System tripica: skipped").first).to_be_visible()
    page.goto(airflow_ui.run_url(run_id, f"/tasks/{TASK}/rendered_templates"))
    expect(page.get_by_text("bookkeeper_vault.transaction_items").first).to_be_visible()


def test_a_script_that_failed_is_named_repaired_cleared_and_goes_green(
    airflow_ui: AirflowUi, page: Page, broken_run: str, shot: Shot
) -> None:
    page.goto(airflow_ui.run_url(broken_run))
    expect_state(page, broken_run, "Failed")
    page.get_by_role("link", name="Report").last.click()
    expect(page.get_by_text(f"The run failed in {TASK}").first).to_be_visible()
    page.goto(airflow_ui.run_url(broken_run, f"/tasks/{TASK}"))
    expect(page.get_by_text(SCRIPT).first).to_be_visible()
    expect(page.get_by_text("transaction_itmes").first).to_be_visible()
    expect(page.get_by_text("A retry cannot help").first).to_be_visible()
    # The traceback, which is of no use to an operator, shows where this machine has its files.
    page.get_by_text("AirflowFailException").first.click()
    shot("failed-task")

    script = airflow_ui.scripts / SCRIPT
    script.write_text(script.read_text(encoding="utf-8").replace("transaction_itmes", "transaction_items"), "utf-8")
    page.get_by_role("button", name="to clear").click()
    clearing = page.get_by_role("dialog")
    expect(clearing.get_by_text("bookkeeper.export")).to_be_visible()
    with page.expect_response(is_clearing):
        clearing.get_by_role("button", name="Confirm").click()

    assert airflow_ui.wait_for_end(broken_run) == "success"
    page.goto(airflow_ui.run_url(broken_run))
    expect_state(page, broken_run, "Success")
    shot("run")


def test_a_backfill_sends_its_parameters_only_if_they_override_those_of_existing_runs(
    airflow_ui: AirflowUi, page: Page, shot: Shot
) -> None:
    sent: list[Any] = []

    def keep(route: Route) -> None:
        sent.append(route.request.post_data_json["dag_run_conf"])
        route.fulfill(status=409, json={"detail": "kept from building a day"})

    page.route(re.compile("/backfills$"), keep)
    form = open_form(page, airflow_ui)
    form.get_by_text("Backfill", exact=True).click()
    for field in ("from_date", "to_date"):
        form.locator(f"input[name={field}]").fill("2026-01-01T02:00")
    form.locator("label:has(input[name=element_allow_past_date])").click()
    button = form.get_by_role("button", name="Run Backfill")

    button.click()
    expect(form.get_by_text("kept from building a day")).to_be_visible()
    form.get_by_text("Override parameters on existing runs").click()
    shot("backfill")
    with page.expect_response(re.compile("/backfills$")):
        button.click()

    assert sent[0] is None
    assert sent[-1]["allow_past_date"] is True
