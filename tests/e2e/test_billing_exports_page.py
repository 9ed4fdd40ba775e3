"""The page "Billing exports" in a browser, below a path, on answers of Airflow's API as each test wants them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect
from starlette.applications import Starlette
from starlette.routing import Mount

from billing_aggregator.outcome.report import BY_HAND, NOT_EXPORTED, NOT_RUN
from billing_aggregator.pages.app import BillingExportsApp
from local.servers.host.processes import free_ports
from tests.support.airflow_answers import DAG_ID, TODAY, AirflowAnswers, export, report
from tests.support.repository import REPO

PATH = "/airflow/prod/billing-exports"
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
SCREENSHOTS = REPO / "build" / "e2e"
START_SECONDS = 30
NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of the page, served below a path as behind a proxy."""
    (port,) = free_ports(1)
    app = Starlette(routes=[Mount(PATH, BillingExportsApp())])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        assert time.monotonic() < deadline, "the page is not served"
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}{PATH}/"
    server.should_exit = True
    thread.join(START_SECONDS)


@pytest.fixture
def airflow() -> AirflowAnswers:
    """An Airflow without runs."""
    return AirflowAnswers()


@pytest.fixture
def open_page(browser: Browser, site: str, airflow: AirflowAnswers) -> Iterator[Open]:
    """Opens the page and waits until everything is there; nothing may go wrong in the browser meanwhile."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def opened(query: str = "", width: int = 1360, **options: Any) -> Page:
        settings = {"locale": "en-GB", "timezone_id": "Europe/Berlin"} | options
        context = browser.new_context(viewport={"width": width, "height": 900}, **settings)
        contexts.append(context)
        context.route("**/api/v2/**", airflow.answer)
        page = context.new_page()
        page.clock.set_fixed_time(NOW)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
        page.on("console", lambda message: problems.append(message.text) if "Policy" in message.text else None)
        page.goto(site + query)
        expect(page.locator("#main > *").first).to_be_visible()
        expect(page.locator("#progress")).to_be_empty()
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def save(page: Page, name: str) -> None:
    """Keep what the page shows, for a look."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True, animations="disabled")


def add_day(airflow: AirflowAnswers, days_ago: int, rows: int, **amounts: str | None) -> None:
    """A green run of that day with one export."""
    run_id = airflow.add_run(days_ago)
    airflow.reports[run_id] = report(TODAY - timedelta(days=days_ago), {"tripica.export": export(rows, amounts)})


def card(page: Page, system: str = "tripica") -> Any:
    return page.get_by_role("region", name=system, exact=True)


@pytest.mark.parametrize(("locale", "title"), [("en-GB", "No runs yet"), ("de-DE", "Noch keine Läufe")])
def test_before_the_first_run_the_page_says_so(open_page: Open, locale: str, title: str) -> None:
    expect(open_page(locale=locale).get_by_role("heading", name=title)).to_be_visible()


def test_figures_are_written_as_in_english(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 1, 2449430, debit="179080638.46")
    add_day(airflow, 0, 2450197, debit="179136406.93")

    page = open_page()

    expect(page.get_by_text("Everything was delivered.")).to_be_visible()
    expect(page.get_by_role("heading", name="Wednesday 25 November 2026")).to_be_visible()
    expect(card(page)).to_contain_text("2,450,197")
    expect(card(page)).to_contain_text("+767 compared with 24/11/2026")
    expect(card(page).get_by_role("row", name="Debit")).to_have_text("Debit179,136,406.93179,080,638.46+55,768.47")
    expect(page.get_by_text("finished at 03:12 after 12 min 30 s")).to_be_visible()


def test_figures_are_written_as_in_german(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 1, 2449430, **{"open amount": "179080638.46"})
    add_day(airflow, 0, 2450197, **{"open amount": "160000000.00"})

    page = open_page(locale="de-DE")

    expect(page.get_by_role("heading", name="Mittwoch 25. November 2026")).to_be_visible()
    expect(card(page)).to_contain_text("2.450.197")
    row = card(page).get_by_role("row", name="Offener Betrag")
    expect(row).to_have_text("Offener Betrag160.000.000,00179.080.638,46−19.080.638,46 (−10,7 %)")


@pytest.mark.parametrize("width", [1000, 1100, 1360])
def test_large_amounts_with_their_differences_fit_into_their_card(
    airflow: AirflowAnswers, open_page: Open, width: int
) -> None:
    for days_ago, debit in ((1, "1179080638.46"), (0, "1260000000.07")):
        run_id = airflow.add_run(days_ago)
        exports = {f"{system}.export": export(2450197, {"debit": debit}) for system in ("bookkeeper", "tripica")}
        airflow.reports[run_id] = report(TODAY - timedelta(days=days_ago), exports)

    page = open_page(width=width, locale="de-DE")

    save(page, f"billing-exports-page-large-amounts-{width}")
    expect(card(page).get_by_role("row", name="Soll")).to_contain_text("+80.919.361,61 (+6,9 %)")
    assert card(page).locator(".scrolling").evaluate("around => around.scrollWidth - around.clientWidth") == 0


def test_amounts_that_no_floating_point_number_can_hold_are_exact(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 1, 1, debit="9007199254740993.07")
    add_day(airflow, 0, 1, debit="9007199254740993.10")

    row = card(open_page()).get_by_role("row", name="Debit")

    expect(row).to_have_text("Debit9,007,199,254,740,993.109,007,199,254,740,993.07+0.03")


def test_a_control_sum_of_no_rows_is_a_dash(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 1, 5, debit="7.00")
    add_day(airflow, 0, 0, debit=None)

    row = card(open_page()).get_by_role("row", name="Debit")

    expect(row).to_have_text("Debit–7.00–")


def test_the_language_is_switched_and_kept(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 0, 1)
    page = open_page()

    page.get_by_role("button", name="DE", exact=True).click()
    expect(page.get_by_text("Alles wurde geliefert.")).to_be_visible()
    page.reload()

    expect(page.get_by_text("Alles wurde geliefert.")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "de")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_system(airflow: AirflowAnswers, open_page: Open, scheme: str) -> None:
    add_day(airflow, 0, 1)

    expect(open_page(color_scheme=scheme).locator("html")).to_have_attribute("data-theme", scheme)


def failed_run(airflow: AirflowAnswers) -> str:
    """A run whose system tripica has failed, with texts that try to be markup."""
    run_id = airflow.add_run(0, state="failed", run_id=f"manual__{HOSTILE}", note=HOSTILE, triggering_user_name=HOSTILE)
    airflow.reports[run_id] = report(
        TODAY,
        {"bookkeeper.export": export(10, {HOSTILE: "1.00"}, url="javascript:alert(3)", manifest=HOSTILE)},
        systems={"bookkeeper": "success", "tripica": "failed", HOSTILE: HOSTILE},
        failures={"tripica.postchecks.010_check": {"error": f"why\n{HOSTILE}", "script": HOSTILE}},
        doubts=[HOSTILE],
    )
    airflow.tasks[run_id] = {
        "preflight": "success",
        "tripica.init.010_build": "success",
        "tripica.postchecks.010_check": "failed",
        "tripica.export": "upstream_failed",
        f"{HOSTILE}.init.x": None,
        "report": "failed",
    }
    return run_id


def test_a_failed_run_is_told_with_error_script_and_remedy(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 1, 5)
    failed_run(airflow)

    page = open_page()

    expect(page.get_by_text("The delivery is not complete.")).to_be_visible()
    failure = page.get_by_role("listitem").filter(has=page.get_by_text("What to do", exact=True))
    expect(failure).to_contain_text("tripica.postchecks.010_check")
    expect(failure).to_contain_text("The results stay in the warehouse for a look.")
    stages = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="tripica", exact=True)).first
    expect(stages).to_contain_text("Failed")
    expect(stages).to_contain_text("Not started")
    save(page, "billing-exports-page-failed")


def test_what_anybody_has_typed_is_shown_as_text(airflow: AirflowAnswers, open_page: Open) -> None:
    failed_run(airflow)

    page = open_page()

    expect(page.locator("pre")).to_have_text(f"why\n{HOSTILE}")
    assert page.locator("#main img, #main script, #header img").count() == 0
    assert page.locator("a[href^='javascript:']").count() == 0
    assert page.get_by_text(HOSTILE).count() > 4


def test_links_lead_to_log_manifest_and_files(airflow: AirflowAnswers, open_page: Open, site: str) -> None:
    add_day(airflow, 0, 1)

    page = open_page()

    base = site.removesuffix("billing-exports/")
    log = card(page).get_by_role("link", name="Log")
    expect(log).to_have_attribute("href", f"{base}dags/{DAG_ID}/runs/scheduled__2026-11-25/tasks/tripica.export")
    manifest = card(page).get_by_role("link", name="Manifest").get_attribute("href")
    console = "https://eu-central-1.console.aws.amazon.com/s3"
    assert manifest == (
        f"{console}/object/billing-exports?region=eu-central-1&prefix=enercity%2Fprod%2Ftripica.manifest.json"
    )
    files = card(page).get_by_role("link", name="Files in S3").get_attribute("href")
    assert files == f"{console}/buckets/billing-exports?region=eu-central-1&prefix=enercity/prod/"


def test_all_requests_stay_below_the_path_of_the_page(airflow: AirflowAnswers, open_page: Open, site: str) -> None:
    add_day(airflow, 0, 1)
    open_page()

    assert airflow.requests
    assert [each for each in airflow.requests if not each.startswith(site.replace("billing-exports/", "api/v2/"))] == []


def test_a_run_that_goes_on_is_told_as_such(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 1, 5)
    run_id = airflow.add_run(0, state="running")
    airflow.tasks[run_id] = {"tripica.init.010": "success", "tripica.init.020": "running", "tripica.export": None}

    page = open_page()

    expect(page.get_by_text("The run is still going on.")).to_be_visible()
    stages = page.get_by_role("table").filter(has_text="Build")
    expect(stages).to_contain_text("1 of 2")
    expect(stages).to_contain_text("Waiting")


def test_an_error_of_a_run_that_goes_on_is_told_before_there_is_a_report(
    airflow: AirflowAnswers, open_page: Open
) -> None:
    run_id = airflow.add_run(0, state="running")
    airflow.tasks[run_id] = {"tripica.init.010": "failed", "report": None}
    airflow.failures["tripica.init.010"] = {"error": "relation does not exist", "script": "init/tripica/010.sql"}

    expect(open_page().locator("pre")).to_have_text("relation does not exist")


def test_a_run_without_a_report_is_no_delivery(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 1, 5)
    airflow.add_run(0)

    page = open_page()

    expect(page.get_by_text("The run left no report, so nobody knows what was delivered.")).to_be_visible()
    page.get_by_role("button", name="Day before").click()
    expect(page.get_by_text("Everything was delivered.")).to_be_visible()


def test_a_report_of_an_older_release_is_shown_as_far_as_it_goes(airflow: AirflowAnswers, open_page: Open) -> None:
    run_id = airflow.add_run(0)
    airflow.reports[run_id] = {"systems": {"tripica": "success"}, "exports": {"tripica.export": {"rows": 1234}}}

    page = open_page()

    expect(page.get_by_role("heading", name="25 November 2026")).to_be_visible()
    expect(card(page)).to_contain_text("1,234")
    expect(card(page)).to_contain_text("This report has no control sums.")


def test_a_dry_run_delivers_nothing(airflow: AirflowAnswers, open_page: Open) -> None:
    run_id = airflow.add_run(0)
    airflow.reports[run_id] = report(TODAY, {"tripica.export": export(5, dry_run=True)}, dry_run=True)

    page = open_page()

    expect(page.get_by_text("There was a dry run only, which delivers nothing.")).to_be_visible()
    expect(card(page)).to_have_count(0)


def refuse_run(airflow: AirflowAnswers, run_id: str = "manual__refused", **conf: Any) -> None:
    """A run that the preflight has refused, with the report that it leaves."""
    airflow.add_run(0, state="failed", run_id=run_id, run_type="manual", conf=conf)
    airflow.reports[run_id] = report(
        TODAY,
        {},
        business_date=conf.get("business_date", TODAY.isoformat()),
        refused=True,
        systems={"tripica": "upstream_failed", "bookings": "upstream_failed"},
        failures={"preflight": {"error": "unknown 'dryrun': did you mean 'dry_run'?", "script": None}},
    )


def test_a_run_that_was_refused_changes_nothing_about_its_day(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 0, 4711)
    refuse_run(airflow, dryrun=True)

    page = open_page()

    expect(page.get_by_text("Everything was delivered.")).to_be_visible()
    expect(card(page, "bookings")).to_have_count(0)
    expect(page.get_by_text("A newer run")).to_have_count(0)
    refused = page.get_by_role("region", name="Refused runs")
    expect(refused).to_contain_text("manual__refused")
    expect(refused).to_contain_text("unknown 'dryrun': did you mean 'dry_run'?")


def test_a_refused_day_is_no_day(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 1, 1)
    refuse_run(airflow, business_date="2027-01-15")
    # The newest days are shown before the others are read; a refused one must not be chosen meanwhile.
    for number in range(20):
        run_id = airflow.add_run(1, run_id=f"manual__{number}")
        airflow.reports[run_id] = report(TODAY - timedelta(days=1), {"tripica.export": export(1)})

    page = open_page()

    expect(page.get_by_role("heading", name="Tuesday 24 November 2026")).to_be_visible()
    expect(page.get_by_role("button", name="15/01/2027")).to_have_count(0)
    expect(page.get_by_role("button", name="Newest day")).to_be_disabled()


def test_the_tab_of_a_refused_run_tells_why(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 0, 4711)
    refuse_run(airflow)

    page = open_page("?run_id=manual__refused", locale="de-DE")

    expect(page.get_by_role("heading", name="Der Lauf im Einzelnen Abgewiesen")).to_be_visible()
    expect(page.get_by_text("Warum (Originalmeldung, englisch)")).to_be_visible()
    expect(page.locator("pre[lang=en]")).to_contain_text("did you mean 'dry_run'?")
    page.get_by_role("button", name="Neuester Tag").click()
    expect(page.get_by_text("Alles wurde geliefert.")).to_be_visible()
    expect(page.locator(".refused pre[lang=en]")).to_be_visible()


def test_the_order_of_refusal_and_delivery_does_not_matter(airflow: AirflowAnswers, open_page: Open) -> None:
    refuse_run(airflow)
    add_day(airflow, 0, 4711)
    add_day(airflow, 0, 4712)

    expect(open_page().get_by_text("Everything was delivered.")).to_be_visible()


@pytest.mark.parametrize(
    ("state", "sentence"),
    [("failed", "A newer run failed."), ("running", "A newer run is at work.")],
)
def test_a_delivered_day_stays_delivered_whatever_a_newer_run_does(
    airflow: AirflowAnswers, open_page: Open, state: str, sentence: str
) -> None:
    add_day(airflow, 0, 4711)
    later = airflow.add_run(0, state=state, run_id="manual__later")
    if state == "failed":
        airflow.reports[later] = report(TODAY, {}, systems={"tripica": "failed"})

    page = open_page()

    banner = page.get_by_role("region", name="25 November 2026")
    expect(banner).to_contain_text("Everything was delivered.")
    expect(banner).to_contain_text(f"Delivered by: scheduled__2026-11-25. {sentence}")
    expect(banner).not_to_contain_text("The delivery is not complete.")
    expect(card(page)).to_contain_text("Delivered")


def test_what_nobody_knows_is_told_in_german(airflow: AirflowAnswers, open_page: Open) -> None:
    run_id = airflow.add_run(0, state="failed")
    doubts = [f"tripica.export {BY_HAND}", f"tripica.init.010 {NOT_RUN}", f"customer.export {NOT_EXPORTED}: none"]
    airflow.reports[run_id] = report(TODAY, {}, systems={"tripica": "success"}, doubts=doubts)

    page = open_page(locale="de-DE")

    expect(page.get_by_text("tripica.export wurde von Hand als erfolgreich markiert: Ob und was")).to_be_visible()
    expect(page.get_by_text("tripica.init.010 wurde von Hand als erfolgreich markiert: Das Skript")).to_be_visible()
    expect(page.get_by_text("customer.export war ausgewählt, hat aber nichts exportiert.")).to_be_visible()


def test_a_newer_run_that_spoilt_the_files_leaves_no_delivered_day(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 0, 4711)
    later = airflow.add_run(0, state="failed", run_id="manual__later")
    failures = {"tripica.verify": {"error": "other files", "script": None}}
    airflow.reports[later] = report(
        TODAY, {"tripica.export": export(5)}, systems={"tripica": "failed"}, failures=failures
    )

    expect(open_page().get_by_text("The delivery is not complete.")).to_be_visible()


def test_a_queued_run_of_a_paused_batch_is_paused(airflow: AirflowAnswers, open_page: Open) -> None:
    airflow.add_run(0, state="queued", start_date=None)
    airflow.is_paused = True

    page = open_page(locale="de-DE")

    expect(page.get_by_text("Der Lauf wartet: Die Verarbeitung ist pausiert.")).to_be_visible()
    expect(page.get_by_role("heading", name="Der Lauf im Einzelnen Pausiert")).to_be_visible()


def test_the_name_of_a_user_who_has_none_is_not_shown(airflow: AirflowAnswers, open_page: Open) -> None:
    run_id = airflow.add_run(0, triggering_user_name="Anonymous")
    airflow.reports[run_id] = report(TODAY, {"tripica.export": export(1)})

    expect(open_page().get_by_text("Anonymous")).to_have_count(0)


@pytest.mark.parametrize("date", ["2026-11-20", "2019-01-15", "2027-01-15"])
def test_a_day_without_data_is_told_and_not_replaced_by_another(
    airflow: AirflowAnswers, open_page: Open, date: str
) -> None:
    add_day(airflow, 300, 2)
    add_day(airflow, 0, 4711)

    page = open_page(f"?date={date}", locale="de-DE")

    expect(page.get_by_text("Für diesen Tag liegen keine Daten vor.")).to_be_visible()
    expect(page.get_by_text("Alles wurde geliefert.")).to_have_count(0)
    page.get_by_role("button", name="Neuester Tag").click()
    expect(page.get_by_role("heading", name="Mittwoch 25. November 2026")).to_be_visible()


def test_a_day_of_any_age_is_loaded_with_the_days_before_it(airflow: AirflowAnswers, open_page: Open) -> None:
    for days_ago, rows in ((701, 40), (700, 42), (2, 5), (0, 4711)):
        add_day(airflow, days_ago, rows)

    page = open_page("?date=2024-12-25")

    expect(page.get_by_role("heading", name="Wednesday 25 December 2024")).to_be_visible()
    expect(card(page)).to_contain_text("+2 (+5.0 %) compared with 24/12/2024")
    expect(page.get_by_role("heading", name="The 90 days up to 25/12/2024")).to_be_visible()
    assert [each for each in airflow.requests if "2026-11-23/taskInstances/report" in each] == []
    page.get_by_role("button", name="Day after").click()
    expect(page.get_by_role("heading", name="Monday 23 November 2026")).to_be_visible()
    page.get_by_role("button", name="Day before").click()
    expect(page.get_by_role("heading", name="Wednesday 25 December 2024")).to_be_visible()


def on_day(airflow: AirflowAnswers, day: date, systems: dict[str, str], **fields: Any) -> None:
    """A run of a day whose systems ended in these states."""
    state = "success" if {*systems.values()} == {"success"} else "failed"
    run_id = airflow.add_run((TODAY - day).days, state=state, **fields)
    exports = {f"{name}.export": export(7) for name, ended in systems.items() if ended == "success"}
    failures = {f"{name}.init.010": {"error": "why"} for name, ended in systems.items() if ended == "failed"}
    airflow.reports[run_id] = report(day, exports, systems=systems, failures=failures)


@pytest.fixture
def mixed_year(airflow: AirflowAnswers) -> AirflowAnswers:
    """Days of each kind in 2025, which are not among those that the page loads, and a run of today."""
    good, bad = {"tripica": "success"}, {"tripica": "failed"}
    on_day(airflow, date(2024, 11, 25), good)
    on_day(airflow, date(2025, 1, 30), good)
    on_day(airflow, date(2025, 1, 31), bad)
    on_day(airflow, date(2025, 2, 27), bad)
    airflow.add_run((TODAY - date(2025, 2, 28)).days)
    on_day(airflow, date(2025, 11, 25), good)
    on_day(airflow, TODAY, good)
    late = {"run_after": "2026-11-25T05:00:00Z", "logical_date": None, "run_type": "manual"}
    on_day(airflow, date(2025, 1, 31), good, run_id="manual__late", conf={"business_date": "2025-01-31"}, **late)
    return airflow


def test_the_calendar_shows_what_is_published_for_each_day(mixed_year: AirflowAnswers, open_page: Open) -> None:
    page = open_page(locale="de-DE")

    expect(page.get_by_role("region", name="Tag für Tag").get_by_role("button")).to_have_text(["25.11.2026"])
    page.get_by_role("button", name="‹ 2025").click()

    squares = page.locator(".months button")
    expect(squares).to_have_count(5)
    assert squares.evaluate_all("squares => squares.map((square) => square.ariaLabel)") == [
        "30. Januar 2025: Geliefert",
        "31. Januar 2025: Geliefert, Monatsende",
        "27. Februar 2025: Fehlgeschlagen",
        "28. Februar 2025: Kein Bericht, Monatsende",
        "25. November 2025: Geliefert",
    ]
    expect(page.get_by_role("table", name="Februar").get_by_role("cell", name="kein Lauf")).to_have_count(26)
    page.get_by_role("button", name="‹ 2024").click()
    expect(page.get_by_role("table", name="November").get_by_role("cell", name="kein Lauf")).to_have_count(5)
    expect(page.get_by_role("button", name="‹ 2023")).to_be_disabled()


def test_the_calendar_works_with_the_keyboard(mixed_year: AirflowAnswers, open_page: Open) -> None:
    page = open_page("?date=2025-01-30")
    page.get_by_role("button", name="30 January 2025: Delivered").focus()

    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Thursday 27 February 2025")).to_be_visible()
    square = page.get_by_role("button", name="27 February 2025: Failed")
    expect(square).to_be_focused()
    expect(square).to_have_attribute("aria-current", "date")


def test_the_same_day_a_year_ago_is_opened_whether_it_has_data_or_not(
    mixed_year: AirflowAnswers, open_page: Open
) -> None:
    page = open_page()
    button = page.get_by_role("button", name="Same day a year ago")

    button.click()
    expect(page.get_by_role("heading", name="Tuesday 25 November 2025")).to_be_visible()
    expect(page.get_by_text("Everything was delivered.")).to_be_visible()
    page.get_by_role("button", name="Day before").click()
    expect(page.get_by_role("heading", name="Friday 28 February 2025")).to_be_visible()
    expect(button).to_be_disabled()


def test_a_refresh_that_fails_keeps_what_is_shown(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 0, 4711)
    page = open_page()
    airflow.refusals["dags"] = 503

    page.get_by_role("button", name="Refresh").click()

    expect(page.get_by_text("The page could not be refreshed")).to_be_visible()
    expect(card(page)).to_contain_text("4,711")
    airflow.refusals.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("The page could not be refreshed")).to_have_count(0)


# Notes what is written on a canvas, which is all that a chart is.
DRAWN = """() => { window.drawn = [];
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    window.drawn.push(text);
    return write.call(this, text, ...rest);
}; }"""


def test_the_axis_of_a_single_day_names_it_once(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 0, 4711)
    page = open_page(locale="de-DE")
    page.evaluate(DRAWN)

    page.get_by_role("button", name="DE", exact=True).click()

    page.wait_for_function("() => window.drawn.length")
    drawn = page.evaluate("() => window.drawn")
    charts = page.locator(".plot canvas").count()
    assert charts == 2
    save(page, "billing-exports-page-one-day")
    assert [each for each in drawn if "Nov" in each] == ["25. Nov."] * charts, sorted(set(drawn))
    assert "8.000" in drawn
    assert [each for each in drawn if re.search(r"\d{4}", each)] == []


def test_what_an_earlier_run_of_the_day_delivered_stays_after_a_failed_one(
    airflow: AirflowAnswers, open_page: Open
) -> None:
    add_day(airflow, 0, 4711)
    later = airflow.add_run(0, state="failed", run_id="manual__later")
    airflow.reports[later] = report(TODAY, {}, systems={"tripica": "failed", "bookkeeper": "skipped"})

    page = open_page()

    expect(card(page)).to_contain_text("Failed")
    expect(card(page)).to_contain_text("4,711")
    expect(card(page)).to_contain_text("These figures are of an earlier run of the day, scheduled__2026-11-25.")
    expect(card(page, "bookkeeper")).to_have_count(0)


@pytest.mark.parametrize(
    ("part", "status", "sentence"),
    [
        ("xcomEntries", 403, "Your role in Airflow may see the runs, but not their figures"),
        ("dagRuns", 403, "Your role in Airflow may not read these runs."),
        ("dags", 401, "You are not signed in to Airflow"),
        ("dags", 500, "Airflow answered with error 500."),
        ("dags", 0, "Airflow does not answer."),
        ("xcomEntries", 500, "1 reports could not be read"),
    ],
)
def test_what_airflow_refuses_is_said_in_a_sentence(
    airflow: AirflowAnswers, open_page: Open, part: str, status: int, sentence: str
) -> None:
    add_day(airflow, 0, 1)
    airflow.refusals[part] = status

    expect(open_page().get_by_text(sentence)).to_be_visible()


def test_after_a_failure_one_tries_again(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 0, 1)
    airflow.refusals["dags"] = 503
    page = open_page()

    airflow.refusals.clear()
    page.get_by_role("button", name="Try again").click()

    expect(page.get_by_text("Everything was delivered.")).to_be_visible()


def test_whoever_may_read_no_dag_is_told_whom_to_ask(airflow: AirflowAnswers, open_page: Open) -> None:
    airflow.dags = ["billing_data_health_check"]

    expect(open_page().get_by_text("You can see no billing DAG.")).to_be_visible()


def test_the_tab_of_another_dag_says_that_it_is_none_of_ours(airflow: AirflowAnswers, open_page: Open) -> None:
    expect(open_page("?dag_id=other").get_by_text("The DAG other exports no billing data.")).to_be_visible()


def test_one_of_several_clients_is_chosen(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 0, 1)
    airflow.dags = [DAG_ID, f"{DAG_ID}_second"]
    page = open_page()

    page.get_by_label("Batch").select_option(f"{DAG_ID}_second")

    expect(page.get_by_role("heading", name="No runs yet")).to_be_visible()


def test_the_tab_of_a_run_shows_that_run(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 200, 7)
    add_day(airflow, 0, 1)
    page = open_page(f"?dag_id={DAG_ID}&run_id=scheduled__2026-05-09")

    expect(page.get_by_role("heading", name="Saturday 9 May 2026")).to_be_visible()
    expect(page.get_by_role("link", name="scheduled__2026-05-09")).to_be_visible()


@pytest.fixture
def a_year(airflow: AirflowAnswers) -> AirflowAnswers:
    """A run a day, and twenty by hand."""
    for days_ago in range(400, -1, -1):
        add_day(airflow, days_ago, 2_400_000 - days_ago * 731, debit=f"{179000000 - days_ago * 91}.17")
    for number in range(20):
        run_id = airflow.add_run(0, run_id=f"manual__{number}")
        airflow.reports[run_id] = report(TODAY, {"tripica.export": export(2_400_001, {"debit": "179000001.17"})})
    return airflow


def test_each_run_is_asked_for_once_however_many_there_are(a_year: AirflowAnswers, open_page: Open) -> None:
    page = open_page()
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator("#progress")).to_be_empty()

    reports = [each for each in a_year.requests if "/xcomEntries/" in each]
    assert len(reports) == len(set(reports)) == 111


def test_a_year_costs_few_requests(a_year: AirflowAnswers, open_page: Open) -> None:
    page = open_page()

    expect(page.get_by_role("button", name="1 January 2026: Delivered", exact=True)).to_be_visible()
    of_year = [each for each in a_year.requests if "run_after_gte=2026-01-01" in each]
    assert len(of_year) == 8
    page.get_by_role("button", name="‹ 2025").click()
    expect(page.get_by_role("button", name="31 December 2025: Delivered, month end")).to_be_visible()
    assert len([each for each in a_year.requests if "/xcomEntries/" in each]) == 111


def test_charts_show_ninety_days_and_their_figures_are_in_the_table(a_year: AirflowAnswers, open_page: Open) -> None:
    page = open_page()

    expect(page.locator(".plot canvas")).to_have_count(3)
    expect(page.get_by_role("img", name="Rows, 91 days; the table below has the figures")).to_be_visible()
    page.get_by_role("button", name="Show all 91 days").click()
    expect(page.get_by_role("rowheader").get_by_role("button")).to_have_count(91)
    page.get_by_role("img", name="Debit, 91 days").hover()
    expect(page.locator(".tip:visible")).to_contain_text("tripica")
    save(page, "billing-exports-page-ninety-days")


def test_the_table_is_one_landmark(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 0, 1)

    expect(open_page().get_by_role("region", name="Day by day")).to_have_count(1)


def test_the_table_works_with_the_keyboard(a_year: AirflowAnswers, open_page: Open) -> None:
    page = open_page()
    day = page.get_by_role("button", name="20/11/2026")

    day.focus()
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Friday 20 November 2026")).to_be_visible()
    expect(day).to_be_focused()
    expect(day).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_about(airflow: AirflowAnswers, open_page: Open, scheme: str) -> None:
    add_day(airflow, 40, 2449430, debit="179080638.46")
    on_day(airflow, TODAY - timedelta(days=3), {"tripica": "failed"})
    airflow.add_run(2)
    airflow.add_run(1, state="running")
    refuse_run(airflow)
    failed_run(airflow)
    page = open_page(color_scheme=scheme, locale="de-DE")
    expect(page.locator(".months button")).to_have_count(5)

    for width in (800, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        save(page, f"billing-exports-page-{scheme}-{width}")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{width} px: {found.generate_report()}"


def test_a_phone_shows_it_without_scrolling_sideways(airflow: AirflowAnswers, open_page: Open) -> None:
    add_day(airflow, 1, 2449430, debit="179080638.46")
    failed_run(airflow)

    page = open_page(width=390)

    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    save(page, "billing-exports-page-phone")


@pytest.fixture(scope="module")
def modules(browser: Browser, site: str) -> Iterator[Page]:
    """The page's modules, each by its name; no answer of Airflow is needed."""
    context = browser.new_context(locale="en-GB")
    context.route("**/api/v2/**", lambda route: route.abort())
    page = context.new_page()
    page.goto(site)
    page.evaluate(
        """async () => {
            for (const name of ["dates", "decimals", "formats", "reports", "stages", "links"]) {
                window[name] = await import(`./${name}.js`);
            }
            window.de = formats.formatsOf("de");
            window.en = formats.formatsOf("en");
        }"""
    )
    yield page
    context.close()


ASKED_FOR = "{run_after: '2026-11-25T02:00:00Z', conf: {business_date: '2026-01-31'}}"
ODD_REPORT = "{systems: {a: 'success'}, exports: {'a.export': {rows: '5', amounts: {x: 1.5, y: '2'}}, b: 1}}"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("decimals.subtract('0.10', '0.2')", "-0.10"),
        ("decimals.subtract('-5', '5')", "-10"),
        ("decimals.subtract('1.005', '1.005')", "0.000"),
        ("decimals.percentOf('-19080638.46', '179080638.46')", "-10.7"),
        ("decimals.percentOf('1', '0.00')", None),
        ("decimals.percentOf('0.05', '100')", "0.1"),
        ("['1.5', '-0'].every(decimals.isDecimal)", True),
        ("['', '1e5', 'NaN', '1,5', null, 1.5].some(decimals.isDecimal)", False),
        ("de.amount('-0.00')", "0,00"),
        ("de.amount('-1234567.891')", "−1.234.567,891"),
        ("en.amount('12')", "12.00"),
        ("de.axis(-8000)", "−8.000"),
        ("en.axis(8000.5)", "8,000.5"),
        ("dates.yearBefore('2028-02-29')", "2027-02-28"),
        ("dates.dateOrNull('2026-02-31')", None),
        ("en.bytes(811015207)", "811 MB"),
        ("de.bytes(0)", "0 B"),
        ("de.seconds(59.96)", "1 min 0 s"),
        ("en.seconds(7322)", "2 h 2 min"),
        ("en.difference('5', '5').text", "±0"),
        ("reports.readReport('nonsense')", None),
        (f"reports.readReport({ODD_REPORT}).exports.length", 1),
        (f"reports.readReport({ODD_REPORT}).exports[0].rows", None),
        (f"reports.readReport({ODD_REPORT}).exports[0].amounts", [["y", "2"]]),
        (f"reports.businessDateOf({ASKED_FOR}, null)", "2026-01-31"),
        ("stages.remedyOf('tripica.init.010')", "remedy.init"),
        ("stages.remedyOf('constructor')", "remedy.other"),
        ("links.consoleOf('https://evil.example/?console.aws.amazon.com')", None),
        ("links.consoleOf('javascript:alert(1)')", None),
        ("links.objectInConsole('s3://bucket/folder', 'bucket', 'key')", None),
    ],
)
def test_the_parts_that_compute(modules: Page, expression: str, expected: object) -> None:
    assert modules.evaluate(f"() => {expression}") == expected
