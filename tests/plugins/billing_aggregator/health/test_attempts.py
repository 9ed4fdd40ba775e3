"""A refused connection has the same remedy whatever language the server speaks."""

from __future__ import annotations

import psycopg
import psycopg2
import pytest

from billing_aggregator.health.attempts import refused_connection

PERMISSION = "let the role in: alter role"
# As PostgreSQL 15 says it; a letter beyond ASCII may be lost before the login has settled the encoding.
MESSAGES = {
    "Passwort-Authentifizierung für Benutzer »u« fehlgeschlagen": "correct user and password",
    "LDAP-Authentifizierung f?r Benutzer »u« fehlgeschlagen": "correct user and password",
    "Zertifikatauthentifizierung für Benutzer »u« fehlgeschlagen": "sslrootcert",
    "kein pg_hba.conf-Eintrag für Host »10.0.0.1«, Benutzer »u«, Datenbank »d«, SSL-Verschlüsselung": "let this host",
    "pg_hba.conf lehnt Verbindung ab für Host »10.0.0.1«, Benutzer »u«, Datenbank »d«": "let this host",
    "Datenbank »octopus« existiert nicht": "correct the name of database or role",
    "keine Berechtigung für Datenbank »d«\nDETAIL:  Benutzer hat das CONNECT-Privileg nicht.": PERMISSION,
    "Rolle »u« hat keine Berechtigung zum Einloggen": PERMISSION,
    'role "u" is not permitted to log in': PERMISSION,
    "Datenbank »d« akzeptiert gegenwärtig keine Verbindungen": "allow_connections",
    "ungültiger Wert für Parameter »DateStyle«: »C«": "BDA_SCRIPT_SESSION",
    "unbekannter Konfigurationsparameter »bogus«": "BDA_SCRIPT_SESSION",
    "nicht unterstütztes Frontend-Protokoll 3.0: Server unterstützt 1.0 bis 2.0": "older",
    "zu viele Verbindungen von Rolle »u«": "wait for sessions to end",
    "die verbleibenden Verbindungen sind für Superuser auf Nicht-Replikationsverbindungen reserviert": "raise the",
    "tut mir leid, schon zu viele Verbindungen": "wait for sessions to end",
    "das Datenbanksystem startet": "wait until the server has started",
}


@pytest.mark.parametrize(("message", "remedy"), MESSAGES.items())
def test_a_server_that_speaks_german_is_understood(message: str, remedy: str) -> None:
    error = psycopg2.OperationalError(f'connection to server at "db", port 5432 failed: FATAL:  {message}\n')

    assert remedy in refused_connection("warehouse", error, "BDA_DB_HOST").remedy


def test_a_sqlstate_decides_before_any_message() -> None:
    error = psycopg.errors.lookup("28P01")('role "u" does not exist')

    assert "correct user and password" in refused_connection("warehouse", error, "BDA_DB_HOST").remedy
