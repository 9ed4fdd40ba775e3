"""The steps of `konfiguration.feature`: what a deployment sets, and what it gets."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

import pytest
from pytest_bdd import given, parsers, scenarios, then, when

from billing_aggregator.errors import SettingsError
from billing_aggregator.settings.settings import Settings

scenarios("konfiguration.feature")


@dataclass
class Attempt:
    """One attempt to load the settings: what is set, and what comes of it."""

    environ: dict[str, str] = field(default_factory=dict)
    settings: Settings | None = None
    error: SettingsError | None = None

    @property
    def loaded(self) -> Settings:
        """The settings, when loading must have worked."""
        assert self.settings is not None, str(self.error)
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
        attempt.error = error


@then("sollte die Konfiguration erfolgreich geladen werden")
def is_loaded(attempt: Attempt) -> None:
    assert attempt.error is None
    assert attempt.settings is not None


@then("sollte die Konfiguration abgelehnt werden")
def is_refused(attempt: Attempt) -> None:
    assert attempt.error is not None
    assert attempt.settings is None


@then(parsers.parse('die Meldung sollte "{text}" enthalten'))
def message_holds(attempt: Attempt, text: str) -> None:
    assert text in str(attempt.error)


@then(parsers.parse('die Anzeige der Konfiguration sollte "{text}" nicht enthalten'))
def display_lacks(attempt: Attempt, text: str) -> None:
    assert text not in repr(attempt.loaded)
    assert text not in str(asdict(attempt.loaded))


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
