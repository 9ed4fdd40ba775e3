"""Errors of the PostgreSQL drivers: what they say, and which of them are worth a retry."""

from __future__ import annotations

from postgres_to_s3.errors import packages_of
from postgres_to_s3.postgres.drivers import DRIVERS

PACKAGES = frozenset(driver.package for driver in DRIVERS)
# By what each driver calls it.
SQLSTATE_ATTRIBUTES = ("pgcode", "sqlstate")
TRANSIENT_SQLSTATES = (
    "08",  # connection
    "40",  # serialisation failure, deadlock
    "53",  # out of memory, disk, connections
    "58",  # input and output of the server
    "25P03",  # idle in transaction for too long
    "25P04",  # transaction timeout
    "55P03",  # lock not available in time
    "57014",  # cancelled, statement timeout
    "57P01",  # server shut down by an administrator
    "57P02",  # server crashed
    "57P03",  # server starts up or shuts down
    "57P05",  # session idle for too long
)
# libpq gives no SQLSTATE when connecting fails; servers may speak German, as those of a German utility do.
PERMANENT_CONNECT_MESSAGES = (
    "authentication failed",
    "passwort-authentifizierung",
    "no password supplied",
    "authentication method",
    "does not exist",
    "existiert nicht",
    "no pg_hba.conf entry",
    "kein pg_hba.conf-eintrag",
    "does not support ssl",
    "certificate",
    "permission denied",
    "keine berechtigung",
    "not permitted to log in",
    "not currently accepting connections",
    "invalid port",
    "unrecognized configuration parameter",
    "unbekannter konfigurationsparameter",
    "invalid value for parameter",
    "ungültiger wert für parameter",
    "invalid connection option",
    "invalid dsn",
    "invalid sslmode",
    "unsupported frontend protocol",
)
SQL_ERRORS_WITHOUT_RETRY = frozenset(
    {"DataError", "IntegrityError", "InternalError", "NotSupportedError", "ProgrammingError"}
)


def sqlstate_of(error: BaseException) -> str:
    """Return the SQLSTATE of an error of either driver; empty without one."""
    states = [getattr(error, attribute, None) for attribute in SQLSTATE_ATTRIBUTES]
    return next((state for state in states if state), "")


def server_message(error: BaseException) -> tuple[str, int]:
    """Return what the server says of an error, and the place that it points to in a query that a function was given.

    :return: the message alone, and the place counted from 1 on, 0 without one
    """
    diagnosis = getattr(error, "diag", None)
    message = getattr(diagnosis, "message_primary", None) or str(error).strip()
    return message, int(getattr(diagnosis, "internal_position", None) or 0)


def judge_driver_error(error: BaseException) -> bool | None:
    """Judge an error of a driver by its SQLSTATE, else by its class and libpq's message; None for any other error."""
    if PACKAGES.isdisjoint(packages_of(error)):
        return None
    sqlstate = sqlstate_of(error)
    if sqlstate:
        return sqlstate.startswith(TRANSIENT_SQLSTATES) or _met_in_catalogue(error, sqlstate)
    if SQL_ERRORS_WITHOUT_RETRY & {base.__name__ for base in type(error).__mro__}:
        return False
    message = str(error).lower()
    return not any(text in message for text in PERMANENT_CONNECT_MESSAGES)


def _met_in_catalogue(error: BaseException, sqlstate: str) -> bool:
    """Whether two sessions changed the same entry of the catalogue at once, as two `create or replace` do."""
    if sqlstate == "XX000":
        return "tuple concurrently" in str(error)
    details = getattr(error, "diag", None)
    return sqlstate == "23505" and getattr(details, "schema_name", None) == "pg_catalog"
