"""An error of the warehouse is either worth a retry or not, whichever driver raised it."""

from __future__ import annotations

import psycopg
import psycopg2
import pytest

from postgres_to_s3.postgres.failures import judge_driver_error


class _Psycopg2Error(psycopg2.OperationalError):
    """As the driver raises it: the SQLSTATE of psycopg2 cannot be set from outside."""

    pgcode: str | None = None


def psycopg2_error(sqlstate: str | None, message: str = "") -> Exception:
    error = _Psycopg2Error(message)
    error.pgcode = sqlstate
    return error


def psycopg_error(sqlstate: str) -> Exception:
    return psycopg.errors.lookup(sqlstate)("message of the server")


TRANSIENT_SQLSTATES = "08006 08001 25P03 25P04 40001 40P01 53100 53300 55P03 57014 57P01 57P02 57P03 57P05 58030"
PERMANENT_SQLSTATES = "22012 22P02 23505 28P01 3D000 42501 42P01 42601 55006 57P04 P0001 XX000 0A000"


@pytest.mark.parametrize("sqlstate", TRANSIENT_SQLSTATES.split())
def test_lost_connections_locks_and_load_of_the_warehouse_are_worth_a_retry(sqlstate: str) -> None:
    assert judge_driver_error(psycopg2_error(sqlstate))


@pytest.mark.parametrize("sqlstate", PERMANENT_SQLSTATES.split())
def test_errors_in_data_sql_and_permissions_are_not_worth_a_retry(sqlstate: str) -> None:
    assert judge_driver_error(psycopg2_error(sqlstate)) is False


def test_both_drivers_are_judged_alike() -> None:
    assert judge_driver_error(psycopg_error("40001"))
    assert judge_driver_error(psycopg_error("57014"))
    assert judge_driver_error(psycopg_error("42P01")) is False


# Texts of libpq as both drivers show them when no connection comes about; there is no SQLSTATE then.
REFUSED = 'connection to server at "db", port 5432 failed: '


@pytest.mark.parametrize("driver", [psycopg2, psycopg])
@pytest.mark.parametrize(
    "message",
    [
        'FATAL:  password authentication failed for user "billing_aggregator"',
        "FATAL:  Passwort-Authentifizierung für Benutzer »billing_aggregator« fehlgeschlagen",
        'FATAL:  database "octopus" does not exist',
        "FATAL:  Datenbank »octopus« existiert nicht",
        'FATAL:  role "nobody" does not exist',
        'FATAL:  role "reader" is not permitted to log in',
        'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "u", database "d", no encryption',
        "server does not support SSL, but SSL was required",
        "FATAL:  pg_hba.conf lehnt Verbindung ab für Host »10.0.0.1«, Benutzer »u«, Datenbank »d«",
        "FATAL:  Datenbank »octopus« akzeptiert gegenwärtig keine Verbindungen",
        "SSL error: certificate verify failed",
        "fe_sendauth: no password supplied",
    ],
)
def test_a_refused_login_is_not_worth_a_retry(driver: object, message: str) -> None:
    assert judge_driver_error(driver.OperationalError(REFUSED + message)) is False  # type: ignore[attr-defined]


@pytest.mark.parametrize("driver", [psycopg2, psycopg])
@pytest.mark.parametrize(
    "message",
    [
        REFUSED + "Connection refused\n\tIs the server running on that host?",
        REFUSED + "timeout expired",
        REFUSED + "FATAL:  the database system is starting up",
        REFUSED + "FATAL:  sorry, too many clients already",
        'could not translate host name "db" to address: Name or service not known',
        "failed to resolve host 'db': [Errno -3] Temporary failure in name resolution",
        "server closed the connection unexpectedly",
        "SSL SYSCALL error: EOF detected",
    ],
)
def test_an_unreachable_warehouse_is_worth_a_retry(driver: object, message: str) -> None:
    assert judge_driver_error(driver.OperationalError(message))  # type: ignore[attr-defined]


def test_a_closed_connection_is_worth_a_retry_but_misuse_of_the_driver_is_not() -> None:
    assert judge_driver_error(psycopg2.InterfaceError("connection already closed"))
    assert judge_driver_error(psycopg2.ProgrammingError("can't execute an empty query")) is False
    assert judge_driver_error(psycopg.DataError("cannot adapt")) is False
