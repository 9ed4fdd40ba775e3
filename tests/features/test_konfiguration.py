"""The steps of `konfiguration.feature`: what a deployment sets, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from airflow.sdk import DAG
from pytest_bdd import given, parsers, scenarios, then, when

from billing_aggregator.errors import SettingsError
from billing_aggregator.settings.settings import Settings
from tests.dags.dag_files import load_dags
from tests.dags.dag_runs import DAG_ID

scenarios("konfiguration.feature")


@dataclass
class Attempt:
    """One attempt to load the settings: what is set, and what comes of it."""

    environ: dict[str, str] = field(default_factory=dict)
    settings: Settings | None = None
    dag: DAG | None = None
    error: str = ""

    @property
    def loaded(self) -> Settings:
        """The settings, when loading must have worked."""
        assert self.settings is not None, self.error
        return self.settings


@pytest.fixture
def attempt() -> Attempt:
    return Attempt()


@given("die Umgebung ist sauber")
def clean_environment(attempt: Attempt) -> None:
    assert attempt.environ == {}


@given("die folgenden Umgebungsvariablen sind gesetzt:")
def set_variables(attempt: Attempt, datatable: list[list[str]]) -> None:
    attempt.environ.update((name, value) for name, value in datatable[1:])


@given(parsers.parse('die Umgebungsvariable "{name}" ist "{value}"'))
def set_variable(attempt: Attempt, name: str, value: str) -> None:
    attempt.environ[name] = value


@when("ich die Konfiguration lade")
def load(attempt: Attempt) -> None:
    try:
        attempt.settings = Settings.from_environment(attempt.environ)
    except SettingsError as error:
        attempt.error = str(error)


@when("Airflow den DAG lädt")
def load_the_dag(attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    bag = load_dags(monkeypatch, **attempt.environ)
    attempt.dag = bag.dags.get(DAG_ID)
    attempt.error = "\n".join(bag.import_errors.values())


@then("sollte die Konfiguration erfolgreich geladen werden")
def is_loaded(attempt: Attempt) -> None:
    assert not attempt.error
    assert attempt.settings is not None


@then("sollte die Konfiguration abgelehnt werden")
def is_refused(attempt: Attempt) -> None:
    assert attempt.error
    assert attempt.settings is None


@then(parsers.parse('die Meldung sollte "{text}" enthalten'))
def message_holds(attempt: Attempt, text: str) -> None:
    assert text in attempt.error


@then("sollte Airflow statt des DAGs einen Fehler zeigen")
def dag_is_missing(attempt: Attempt) -> None:
    assert attempt.dag is None
    assert attempt.error


@then(parsers.parse("sollten diese Systeme vorausgewählt sein: {systems}"))
def systems_are_selected(attempt: Attempt, systems: str) -> None:
    assert attempt.dag is not None, attempt.error
    assert ", ".join(sorted(attempt.dag.params["systems"])) == systems


@then("sollten diese Vorgaben gelten:")
def defaults_are(attempt: Attempt, datatable: list[list[str]]) -> None:
    settings = attempt.loaded.model_dump()

    assert [[name, str(settings[name.removeprefix("BDA_").lower()])] for name, _ in datatable[1:]] == datatable[1:]


@then(parsers.parse("eine Datei sollte höchstens {rows:d} Zeilen haben"))
def rows_per_file_are(attempt: Attempt, rows: int) -> None:
    assert attempt.loaded.export.max_rows_per_file == rows


@then(parsers.parse('die Anzeige der Konfiguration sollte "{text}" nicht enthalten'))
def display_lacks(attempt: Attempt, text: str) -> None:
    assert text not in repr(attempt.loaded)
    assert text not in str(attempt.loaded.model_dump())


@then(parsers.parse('die Client-ID sollte "{client_id}" sein'))
def client_id_is(attempt: Attempt, client_id: str) -> None:
    assert attempt.loaded.client_id == client_id


@then(parsers.parse('die Umgebung sollte "{environment}" sein'))
def environment_is(attempt: Attempt, environment: str) -> None:
    assert attempt.loaded.environment == environment


@then(parsers.parse('der Datenbankhost sollte "{host}" sein'))
def host_is(attempt: Attempt, host: str) -> None:
    assert attempt.loaded.db_host == host


@then(parsers.parse("der Datenbankport sollte {port:d} sein"))
def port_is(attempt: Attempt, port: int) -> None:
    assert attempt.loaded.db_port == port


@then(parsers.parse('der Bucket sollte "{bucket}" sein'))
def bucket_is(attempt: Attempt, bucket: str) -> None:
    assert attempt.loaded.s3_bucket == bucket


@then(parsers.parse('das Warehouse sollte über die Verbindung "{conn_id}" erreicht werden'))
def warehouse_connection_is(attempt: Attempt, conn_id: str) -> None:
    assert attempt.loaded.warehouse_conn_id == conn_id


@then(parsers.parse('S3 sollte über die Verbindung "{conn_id}" erreicht werden'))
def s3_connection_is(attempt: Attempt, conn_id: str) -> None:
    assert attempt.loaded.aws_conn_id == conn_id
