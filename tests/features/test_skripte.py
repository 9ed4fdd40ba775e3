"""The steps of `skripte.feature`: which files there are, and which run for a client."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from billing_aggregator.errors import BillingAggregatorError
from billing_aggregator.scripts.tree import ScriptTree, System, read_script_tree
from tests.support.script_files import write_file, write_scripts

scenarios("skripte.feature")


@dataclass
class Reading:
    """One reading of a folder of scripts, and what comes of it."""

    root: Path
    tree: ScriptTree | None = None
    error: BillingAggregatorError | None = None

    def system(self, name: str) -> System:
        """A system of the tree, when reading must have worked."""
        assert self.tree is not None, str(self.error)
        return {system.name: system for system in self.tree.systems}[name]


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    return Reading(tmp_path)


@given("es gibt die folgenden Skripte:")
def scripts_exist(reading: Reading, datatable: list[list[str]]) -> None:
    write_scripts(reading.root, *(path for (path,) in datatable[1:]))


@given(parsers.parse('es gibt auch das Skript "{path}"'))
def script_exists(reading: Reading, path: str) -> None:
    write_scripts(reading.root, path)


@given(parsers.parse('der Mandant "{client_id}" ist in systems.yaml genannt'))
def client_is_declared(reading: Reading, client_id: str) -> None:
    write_file(reading.root, "systems.yaml", f"clients: [{client_id}]")


@when(parsers.parse('ich die Skripte für den Mandanten "{client_id}" lese'))
def read(reading: Reading, client_id: str) -> None:
    try:
        reading.tree = read_script_tree(reading.root, client_id)
    except BillingAggregatorError as error:
        reading.error = error


@then(parsers.parse('sollten für "{system}" in "{stage}" diese Dateien laufen:'))
def files_run(reading: Reading, system: str, stage: str, datatable: list[list[str]]) -> None:
    scripts = reading.system(system).stage(stage)

    assert [script.path for script in scripts] == [path for (path,) in datatable[1:]]


@then(parsers.parse('sollte es die Systeme "{names}" geben'))
def systems_are(reading: Reading, names: str) -> None:
    assert reading.tree is not None, str(reading.error)
    assert ", ".join(reading.tree.names) == names


@then(parsers.parse('das System "{system}" sollte "{table}" exportieren'))
def system_exports(reading: Reading, system: str, table: str) -> None:
    assert reading.system(system).export == table


@then("sollten die Skripte abgelehnt werden")
def is_refused(reading: Reading) -> None:
    assert reading.error is not None


@then(parsers.parse('die Meldung sollte "{text}" enthalten'))
def message_holds(reading: Reading, text: str) -> None:
    assert text in str(reading.error)
