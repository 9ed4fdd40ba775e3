"""Fixtures of the end-to-end tests: one Airflow for the session, a signed-in page for each test, screenshots."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, ViewportSize, expect, sync_playwright

from tests.support.airflow_ui import AirflowUi, running_airflow_ui
from tests.support.chromium import ARGUMENTS, BrowserNotFoundError, find_chromium
from tests.support.repository import REPO

SCREENSHOTS = REPO / "build" / "e2e"
FAILURES = SCREENSHOTS / "failures"
# Airflow's UI is slow while tasks run beside it on two cores.
PAGE_MILLISECONDS = 60_000
VIEWPORT: ViewportSize = {"width": 1280, "height": 720}
# The first test waits for the start of Airflow.
TEST_SECONDS = 600
REPORT = pytest.StashKey[pytest.TestReport]()
NEWEST_PAGE = pytest.StashKey[Page]()

Shot = Callable[[str], None]


class SignIn(Protocol):
    """Opens a page for a user of Airflow."""

    def __call__(self, account: str | None, *, locale: str = "en-GB", is_dark: bool = False) -> Page:
        """A page in a browser session of its own.

        :param account: the user, None for somebody who has not signed in
        :param locale: the language of the browser
        :param is_dark: the browser asks for dark colours
        """


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this folder the time that the start of Airflow takes."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(TEST_SECONDS))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep a failure where the end of the test finds it, and the page as it was then."""
    report = yield
    if report.failed and (page := item.stash.get(NEWEST_PAGE, None)):
        _keep_failure(page, re.sub(r"\W+", "-", item.name))
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A running Chromium."""
    try:
        program = find_chromium()
    except BrowserNotFoundError as error:
        pytest.exit(str(error), returncode=2)
    shutil.rmtree(SCREENSHOTS, ignore_errors=True)
    expect.set_options(timeout=PAGE_MILLISECONDS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=[*ARGUMENTS])
        yield started
        started.close()


@pytest.fixture(scope="session")
def airflow_ui(browser: Browser) -> Iterator[AirflowUi]:
    """A running Airflow with its UI; nothing has been run in it."""
    with running_airflow_ui() as running:
        yield running


@pytest.fixture(scope="session")
def sessions() -> dict[str, StorageState]:
    """The cookies of those who have signed in, by user."""
    return {}


@pytest.fixture
def sign_in(
    request: pytest.FixtureRequest, browser: Browser, airflow_ui: AirflowUi, sessions: dict[str, StorageState]
) -> Iterator[SignIn]:
    """Opens pages for the users of Airflow; they are closed with the test."""
    contexts: list[BrowserContext] = []

    def open_page(account: str | None, *, locale: str = "en-GB", is_dark: bool = False) -> Page:
        context = browser.new_context(
            viewport=VIEWPORT,
            storage_state=sessions.get(account or ""),
            locale=locale,
            timezone_id="UTC",
            color_scheme="dark" if is_dark else "light",
        )
        context.set_default_timeout(PAGE_MILLISECONDS)
        contexts.append(context)
        page = context.new_page()
        request.node.stash[NEWEST_PAGE] = page
        if account and account not in sessions:
            fill_login(page, airflow_ui, account)
            sessions[account] = context.storage_state()
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(sign_in: SignIn) -> Page:
    """A page of the operator, who has signed in."""
    return sign_in("operator")


@pytest.fixture
def shot(page: Page) -> Shot:
    """Saves what the page shows as ``build/e2e/<name>.png``."""

    def save(name: str) -> None:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", animations="disabled")

    return save


def fill_login(page: Page, airflow_ui: AirflowUi, account: str) -> None:
    """Sign in by the form, as a person does."""
    page.goto(airflow_ui.url)
    page.get_by_label("Username").fill(account)
    page.get_by_label("Password").fill(airflow_ui.accounts[account].password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Dags").first).to_be_visible()


def _keep_failure(page: Page, name: str) -> None:
    """A picture of the page and its text, for whoever looks for the cause."""
    FAILURES.mkdir(parents=True, exist_ok=True)
    if not page.is_closed():
        page.screenshot(path=FAILURES / f"{name}.png")
        text = f"{page.url}\n\n{page.locator('body').inner_text()}\n"
        (FAILURES / f"{name}.txt").write_text(text, encoding="utf-8")
