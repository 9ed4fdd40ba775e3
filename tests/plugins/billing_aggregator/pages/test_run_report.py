"""The HTML report: exact figures in both languages, text as text, one file that needs no other."""

from __future__ import annotations

import re
from typing import Any

from billing_aggregator.pages.run_report import run_report_html

HOSTILE = "<script>alert(1)</script>"


def report(**changes: Any) -> dict[str, Any]:
    """A report as the task leaves it."""
    export = {
        "dry_run": False,
        "bucket": "exports",
        "rows": 2450197,
        "files": 3,
        "bytes": 811015207,
        "seconds": 27.2,
        "amounts": {"debit": "123456865388362.34", "credit": "-0.5", "open amount": None, "fees": "10"},
        "manifest": "enercity/prod/alpha.manifest.json",
    }
    found = {
        "business_date": "2026-11-05",
        "dry_run": False,
        "run_id": "scheduled__1",
        "started": "2026-11-05T02:00:01.123456+00:00",
        "seconds": 971.04,
        "systems": {"alpha": "success", "beta": "skipped"},
        "exports": {"alpha.export": export},
        "failures": {},
        "doubts": [],
    }
    return found | changes


def page(**changes: Any) -> str:
    return run_report_html(report(**changes), "enercity", "prod")


def article(html: str, language: str) -> str:
    """The part of the page in one language, as plain words."""
    found = re.search(rf'<article lang="{language}">(.*?)</article>', html, re.DOTALL)
    assert found
    return " ".join(re.sub(r"<[^>]*>", " ", found[1]).split())


def test_amounts_keep_every_digit_and_are_written_as_the_language_does() -> None:
    html = page()

    assert "Soll 123.456.865.388.362,34 Haben −0,50 Offener Betrag – fees 10,00" in article(html, "de")
    assert "Debit 123,456,865,388,362.34 Credit −0.50 Open amount – fees 10.00" in article(html, "en")


def test_a_sum_that_is_no_finite_number_does_not_cost_the_report() -> None:
    export = report()["exports"]["alpha.export"] | {"amounts": {"debit": "NaN", "credit": "-Infinity"}}

    html = page(exports={"alpha.export": export})

    assert "Debit NaN Credit -Infinity" in article(html, "en")


def test_counts_and_dates_are_written_as_the_language_does() -> None:
    html = page()

    assert "5. November 2026 Alles wurde geliefert." in article(html, "de")
    assert "Zeilen 2.450.197 Dateien 3 Bytes 811.015.207 Dauer 27,2 s" in article(html, "de")
    assert "5 November 2026 Everything was delivered." in article(html, "en")
    assert "Rows 2,450,197 Files 3 Bytes 811,015,207 Duration 27.2 s" in article(html, "en")


def test_times_are_written_as_the_language_does() -> None:
    html = page()

    assert "Beginn (UTC) 05.11.2026, 02:00:01 Dauer 16 min 11 s" in article(html, "de")
    assert "Start (UTC) 05/11/2026, 02:00:01 Duration 16 min 11 s" in article(html, "en")
    assert "Dauer 2 h 0 min" in article(page(seconds=7229), "de")
    assert "Dauer 59,4 s" in article(page(seconds=59.4), "de")


def test_a_failure_is_told_with_script_and_error() -> None:
    html = page(
        systems={"alpha": "failed"},
        exports={},
        failures={"alpha.init.010_build": {"error": "why\nwhat to do", "script": "init/alpha/010_build.sql"}},
    )

    assert "The delivery is not complete." in html
    assert (
        "Nothing was exported. What failed alpha.init.010_build · Script: init/alpha/010_build.sql why what to do"
        in (article(html, "en"))
    )


def test_a_doubt_is_told_and_the_day_is_not_green() -> None:
    html = page(doubts=["alpha.export was marked as a success by hand"])

    assert "Everything was delivered." not in html
    assert "What nobody knows alpha.export was marked as a success by hand" in article(html, "en")


def test_what_anybody_has_typed_is_text() -> None:
    export = report()["exports"]["alpha.export"] | {"amounts": {HOSTILE: "1"}, "manifest": HOSTILE, "bucket": HOSTILE}
    html = page(
        run_id=HOSTILE,
        business_date=HOSTILE,
        systems={HOSTILE: HOSTILE},
        exports={f"{HOSTILE}.export": export},
        failures={HOSTILE: {"error": HOSTILE, "script": HOSTILE}},
        doubts=[HOSTILE],
    )

    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 10


def test_the_file_needs_no_other_and_runs_nothing() -> None:
    tags = re.findall(r"<(\w+)([^>]*)>", page())

    assert {tag for tag, _ in tags} & {"script", "link", "img", "iframe"} == set()
    assert [attributes for _, attributes in tags if re.search(r"\s(?:src|href|on\w+)=", attributes)] == []


def test_the_same_report_gives_the_same_bytes() -> None:
    assert page() == page()
