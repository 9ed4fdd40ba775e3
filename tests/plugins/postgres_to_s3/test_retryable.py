"""Every error is either worth a retry or not, whichever driver or client raised it."""

from __future__ import annotations

import ssl

import botocore.exceptions
import botocore.parsers
import psycopg
import psycopg2
import pytest
from boto3.exceptions import S3UploadFailedError

from postgres_to_s3.errors import ExportError, PermanentError, TransientError
from postgres_to_s3.retryable import is_transient, named_errors


class _Psycopg2Error(psycopg2.OperationalError):
    """As the driver raises it: the SQLSTATE of psycopg2 cannot be set from outside."""

    pgcode: str | None = None


def psycopg2_error(sqlstate: str | None, message: str = "") -> Exception:
    error = _Psycopg2Error(message)
    error.pgcode = sqlstate
    return error


def psycopg_error(sqlstate: str) -> Exception:
    return psycopg.errors.lookup(sqlstate)("message of the server")


def s3_error(code: str, status: int) -> Exception:
    response = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return botocore.exceptions.ClientError(response, "PutObject")


TRANSIENT_SQLSTATES = "08006 08001 25P03 25P04 40001 40P01 53100 53300 55P03 57014 57P01 57P02 57P03 57P05 58030"
PERMANENT_SQLSTATES = "22012 22P02 23505 28P01 3D000 42501 42P01 42601 55006 57P04 P0001 XX000 0A000"


@pytest.mark.parametrize("sqlstate", TRANSIENT_SQLSTATES.split())
def test_lost_connections_locks_and_load_of_the_warehouse_are_worth_a_retry(sqlstate: str) -> None:
    assert is_transient(psycopg2_error(sqlstate))


@pytest.mark.parametrize("sqlstate", PERMANENT_SQLSTATES.split())
def test_errors_in_data_sql_and_permissions_are_not_worth_a_retry(sqlstate: str) -> None:
    assert not is_transient(psycopg2_error(sqlstate))


def test_both_drivers_are_judged_alike() -> None:
    assert is_transient(psycopg_error("40001"))
    assert is_transient(psycopg_error("57014"))
    assert not is_transient(psycopg_error("42P01"))


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
    assert not is_transient(driver.OperationalError(REFUSED + message))  # type: ignore[attr-defined]


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
    assert is_transient(driver.OperationalError(message))  # type: ignore[attr-defined]


def test_a_closed_connection_is_worth_a_retry_but_misuse_of_the_driver_is_not() -> None:
    assert is_transient(psycopg2.InterfaceError("connection already closed"))
    assert not is_transient(psycopg2.ProgrammingError("can't execute an empty query"))
    assert not is_transient(psycopg.DataError("cannot adapt"))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("SlowDown", 503),
        ("InternalError", 500),
        ("InternalError", 200),
        ("RequestTimeout", 400),
        ("RequestTimeTooSkewed", 403),
        ("Throttling", 400),
        ("KMS.ThrottlingException", 400),
        ("ExpiredToken", 400),
        ("NoSuchUpload", 404),
        ("OperationAborted", 409),
        ("503", 503),
        ("Unknown", 502),
    ],
)
def test_load_and_faults_of_s3_are_worth_a_retry(code: str, status: int) -> None:
    assert is_transient(s3_error(code, status))


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDenied", 403),
        ("NoSuchBucket", 404),
        ("InvalidAccessKeyId", 403),
        ("SignatureDoesNotMatch", 403),
        ("PreconditionFailed", 412),
        ("NotImplemented", 501),  # S3's code for a request or header that the server does not offer
        ("403", 403),
        ("404", 404),
    ],
)
def test_refusals_of_s3_are_not_worth_a_retry(code: str, status: int) -> None:
    assert not is_transient(s3_error(code, status))


@pytest.mark.parametrize(
    "error",
    [
        botocore.exceptions.EndpointConnectionError(endpoint_url="http://s3"),
        botocore.exceptions.ConnectTimeoutError(endpoint_url="http://s3"),
        botocore.exceptions.ReadTimeoutError(endpoint_url="http://s3"),
        botocore.exceptions.ConnectionClosedError(endpoint_url="http://s3"),
        botocore.exceptions.CredentialRetrievalError(provider="container-role", error_msg="timeout"),
        botocore.exceptions.FlexibleChecksumError(error_msg="expected another checksum"),
        botocore.parsers.ResponseParserError("Unable to parse response"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_s3_that_is_not_reached_or_not_understood_is_worth_a_retry(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        botocore.exceptions.NoCredentialsError(),
        botocore.exceptions.NoRegionError(),
        botocore.exceptions.ParamValidationError(report="Invalid bucket name"),
        botocore.exceptions.SSLError(endpoint_url="https://s3", error="certificate verify failed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_wrong_configuration_of_s3_is_not_worth_a_retry(error: Exception) -> None:
    assert not is_transient(error)


def test_an_upload_error_of_boto3_is_judged_by_the_error_it_wraps() -> None:
    assert is_transient(_wrapped_upload_error(s3_error("SlowDown", 503)))
    assert not is_transient(_wrapped_upload_error(s3_error("AccessDenied", 403)))
    assert not is_transient(S3UploadFailedError("nothing known"))


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), OSError(28, "No space left on device")])
def test_network_and_system_errors_are_worth_a_retry(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        KeyError("a"),
        ValueError("b"),
        FileNotFoundError("c"),
        PermissionError("d"),
        ssl.SSLCertVerificationError(1, "certificate verify failed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_programming_errors_and_wrong_paths_are_not_worth_a_retry(error: Exception) -> None:
    assert not is_transient(error)


def test_own_errors_say_themselves_what_they_are() -> None:
    assert is_transient(TransientError("the bucket is slow"))
    assert not is_transient(PermanentError("the table is missing"))
    assert not is_transient(ExportError("without a cause"))


def test_a_plain_export_error_is_judged_by_its_cause() -> None:
    assert is_transient(_export_error_from(psycopg2_error("57P01")))
    assert not is_transient(_export_error_from(psycopg2_error("42P01")))


def test_a_verdict_of_our_own_outweighs_the_cause() -> None:
    error = PermanentError("given up")
    error.__cause__ = psycopg2_error("57P01")

    assert not is_transient(error)


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        pytest.param(TimeoutError(" too slow\n"), TransientError, "s3://b/k: TimeoutError: too slow", id="transient"),
        pytest.param(KeyError("x"), PermanentError, "s3://b/k: KeyError: 'x'", id="permanent"),
        pytest.param(TransientError("busy"), TransientError, "s3://b/k: busy", id="own-error"),
    ],
)
def test_an_error_is_given_the_name_of_what_it_happened_to(
    error: Exception, kind: type[ExportError], message: str
) -> None:
    with pytest.raises(ExportError) as raised, named_errors("s3://b/k"):
        raise error

    assert type(raised.value) is kind
    assert str(raised.value) == message
    assert raised.value.__cause__ is error


def _export_error_from(cause: Exception) -> ExportError:
    error = ExportError("export of report_oibl.tripica_results failed")
    error.__cause__ = cause
    return error


def _wrapped_upload_error(cause: Exception) -> Exception:
    try:
        try:
            raise cause
        except Exception as error:
            raise S3UploadFailedError(str(error))  # noqa: B904 - as boto3 does
    except S3UploadFailedError as error:
        return error
