"""The page's application serves files without data, safe from other sites, below any path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from billing_aggregator.pages.app import STATIC, BillingExportsApp
from billing_aggregator.scripts.stages import STAGE, STAGES

SCRIPTS = sorted(STATIC.glob("*.js"))
PAGE = (STATIC / "index.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """Asks the application where Airflow mounts it."""
    with TestClient(Starlette(routes=[Mount("/billing-exports", BillingExportsApp())])) as client:
        yield client


def test_the_page_is_served_to_a_browser(client: TestClient) -> None:
    answer = client.get("/billing-exports/?dag_id=x")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>Billing exports</title>" in answer.text


@pytest.mark.parametrize(
    ("path", "media_type"),
    [("main.js", "text/javascript"), ("page.css", "text/css"), ("icon.svg", "image/svg+xml")],
)
def test_files_have_the_types_that_browsers_ask_for(client: TestClient, path: str, media_type: str) -> None:
    assert client.get(f"/billing-exports/{path}").headers["content-type"].partition(";")[0] == media_type


@pytest.mark.parametrize("path", ["", "main.js", "vendor/uplot/uPlot.iife.min.js", "no-such-file"])
def test_every_answer_forbids_other_scripts_and_frames_of_other_sites(client: TestClient, path: str) -> None:
    headers = client.get(f"/billing-exports/{path}").headers

    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["no-such-file", "../app.py", "%2e%2e/app.py", "..%2fviews.py", "vendor/", ".."])
def test_nothing_but_the_files_of_the_page_is_served(client: TestClient, path: str) -> None:
    assert client.get(f"/billing-exports/{path}").status_code == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(client: TestClient, method: str) -> None:
    assert client.request(method, "/billing-exports/").status_code == 405


def test_an_unchanged_file_is_not_sent_twice(client: TestClient) -> None:
    tag = client.get("/billing-exports/main.js").headers["etag"]

    assert client.get("/billing-exports/main.js", headers={"If-None-Match": tag}).status_code == 304


def test_the_words_and_the_names_of_stages_come_from_their_tables(client: TestClient) -> None:
    answer = client.get("/billing-exports/words.js")
    exported = dict(re.findall(r"^export const (\w+) = (.*);$", answer.text, re.MULTILINE))

    assert answer.headers["content-type"].startswith("text/javascript")
    assert json.loads(exported["STAGES"]) == [stage.name for stage in STAGES]
    assert json.loads(exported["WORDS"])["remedy.init"] == list(STAGE["init"].remedy)


def test_the_page_works_below_the_path_of_a_proxy() -> None:
    app = Starlette(routes=[Mount("/billing-exports", BillingExportsApp())])
    with TestClient(app, root_path="/airflow/prod") as client:
        assert client.get("/airflow/prod/billing-exports/main.js").status_code == 200


def test_all_addresses_are_relative_and_of_this_server() -> None:
    addresses = re.findall(r'(?:src|href)="([^"]*)"', PAGE)
    for script in SCRIPTS:
        addresses += re.findall(r'^(?:import|export) .* from "([^"]*)";', script.read_text("utf-8"), re.MULTILINE)

    assert len(addresses) > 20
    assert [each for each in addresses if each.startswith("/") or ":" in each] == []
    assert {each for each in addresses if not (STATIC / each).is_file()} == {"./words.js"}


def test_the_page_has_no_inline_script_or_style() -> None:
    assert re.findall(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", PAGE) == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_what_is_put_into_the_page_is_text(script: Path) -> None:
    text = script.read_text("utf-8")

    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text) == []
