"""The steps of `skriptausfuehrung.feature` beyond those of a run."""

from __future__ import annotations

from pytest_bdd import parsers, scenarios, then

from tests.features.daily_run import DailyRun

scenarios("skriptausfuehrung.feature")


@then(parsers.parse('die archivierte Datei "{script}" von "{system}" sollte diesen Inhalt haben:'))
def archived_file_holds(daily: DailyRun, script: str, system: str, docstring: str) -> None:
    (key,) = (key for key in daily.runner.bucket.keys(f"enercity/local/archive/{system}/{script}/") if ".csv" in key)

    assert daily.runner.bucket.read(key).decode() == f"{docstring}\n"
