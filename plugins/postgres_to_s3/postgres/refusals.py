"""Why PostgreSQL or libpq refused a connection: one table of SQLSTATEs and messages.

libpq keeps the SQLSTATE of a failed login to itself, and the language of the server cannot be set before the login. So
the message decides where a driver gives no SQLSTATE. Python leaves libpq's own messages in English; a server may speak
English or German. The pieces are ASCII, since the encoding of the server is not known before the login either.
"""

from __future__ import annotations

from enum import Enum

from postgres_to_s3.postgres.drivers import sqlstate_of


class Refusal(Enum):
    """A reason: its SQLSTATEs, whether a retry can help, and pieces of its messages in small letters."""

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


def refusal_of(error: BaseException) -> Refusal | None:
    """Return why a connection was refused, None if the reason is another one, such as the network."""
    sqlstate, message = sqlstate_of(error), str(error).lower()
    for refusal in Refusal:
        if sqlstate in refusal.sqlstates or (not sqlstate and any(piece in message for piece in refusal.pieces)):
            return refusal
    return None
