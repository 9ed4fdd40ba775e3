"""Errors of the PostgreSQL drivers: what they say, and which of them are worth a retry."""

from __future__ import annotations

from enum import Enum

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
SQL_ERRORS_WITHOUT_RETRY = frozenset(
    {"DataError", "IntegrityError", "InternalError", "NotSupportedError", "ProgrammingError"}
)


class Refusal(Enum):
    """Why a connection was refused: SQLSTATEs, whether a retry can help, and pieces of the messages in small letters.

    libpq keeps the SQLSTATE of a failed login to itself, and nobody can set the language of a server before the login.
    So the message decides where a driver gives no SQLSTATE. Python leaves libpq's own messages in English; a server may
    speak English or German. The pieces are ASCII, since nobody knows the encoding of the server before the login.
    """

    CERTIFICATE = ("", False, "certificate", "zertifikat")
    NO_TLS = ("", False, "does not support ssl")
    NO_PASSWORD = ("", False, "no password supplied")
    LOGIN = ("28P01", False, "authentication failed", "authentifizierung f")
    ADDRESS_RULE = ("28000", False, "pg_hba.conf")
    NO_SUCH_NAME = ("3D000", False, "does not exist", "existiert nicht")
    NO_RIGHT = ("42501", False, "permission denied", "not permitted to log in", "keine berechtigung")
    CLOSED_DATABASE = ("55000", False, "not currently accepting connections", "akzeptiert gegenw")
    SETTING = (
        *("22023 42704", False, "unrecognized configuration parameter", "unbekannter konfigurationsparameter"),
        *("invalid value for parameter", "ltiger wert f"),
    )
    CONNECTION_OPTION = ("", False, "invalid port", "connection option", "invalid dsn", "invalid sslmode")
    PROTOCOL = ("0A000", False, "authentication method", "frontend protocol", "frontend-protokoll")
    TOO_MANY = ("53300", True, "too many c", "connection slots", "zu viele verbindungen", "verbleibenden verbindungen")
    NOT_READY = ("57P03", True, "the database system is", "das datenbanksystem")
    UNKNOWN_HOST = ("", True, "translate host name", "name or service not known", "resolve host")

    def __init__(self, sqlstates: str, may_pass: bool, *pieces: str) -> None:
        self.sqlstates = sqlstates.split()
        self.may_pass = may_pass
        self.pieces = pieces


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


def refusal_of(error: BaseException) -> Refusal | None:
    """Return why a connection was refused, None if the reason is another one, such as the network."""
    sqlstate, message = sqlstate_of(error), str(error).lower()
    for refusal in Refusal:
        if sqlstate in refusal.sqlstates or (not sqlstate and any(piece in message for piece in refusal.pieces)):
            return refusal
    return None


def judge_driver_error(error: BaseException) -> bool | None:
    """Judge an error of a driver by its SQLSTATE, else by its class and the reason of a refused connection.

    :return: None for an error of anything else
    """
    if PACKAGES.isdisjoint(packages_of(error)):
        return None
    sqlstate = sqlstate_of(error)
    if sqlstate:
        return sqlstate.startswith(TRANSIENT_SQLSTATES) or _met_in_catalogue(error, sqlstate)
    if SQL_ERRORS_WITHOUT_RETRY & {base.__name__ for base in type(error).__mro__}:
        return False
    refusal = refusal_of(error)
    return refusal is None or refusal.may_pass


def _met_in_catalogue(error: BaseException, sqlstate: str) -> bool:
    """Whether two sessions changed the same entry of the catalogue at once, as two `create or replace` do."""
    if sqlstate == "XX000":
        return "tuple concurrently" in str(error)
    details = getattr(error, "diag", None)
    return sqlstate == "23505" and getattr(details, "schema_name", None) == "pg_catalog"
