"""Which errors are worth a retry: those of PostgreSQL drivers, AWS clients and the system, judged by their codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from postgres_to_s3.errors import ExportError, PermanentError, TransientError
from postgres_to_s3.postgres.drivers import is_driver_error, sqlstate_of
from postgres_to_s3.postgres.refusals import refusal_of

_TRANSIENT_SQLSTATES = (
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
_SQL_ERRORS_WITHOUT_RETRY = frozenset(
    {"DataError", "IntegrityError", "InternalError", "NotSupportedError", "ProgrammingError"}
)
_TRANSIENT_AWS_CODES = frozenset(
    {
        "BadDigest",
        "BandwidthLimitExceeded",
        "ConditionalRequestConflict",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteBody",
        "InternalError",
        "InternalFailure",
        "NoSuchUpload",
        "OperationAborted",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeTooSkewed",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
        "XAmzContentSHA256Mismatch",
    }
)
_TRANSIENT_HTTP_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509})
_TRANSIENT_BOTOCORE_ERRORS = frozenset(
    {
        "ConnectionError",
        "FlexibleChecksumError",
        "HTTPClientError",
        "IncompleteReadError",
        "CredentialRetrievalError",
        "MetadataRetrievalError",
        "ResponseParserError",
    }
)
_TRANSIENT_URLLIB3_ERRORS = frozenset({"ProtocolError", "TimeoutError", "MaxRetryError", "IncompleteRead"})
_PERMANENT_OS_ERRORS = (
    FileNotFoundError,
    FileExistsError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)


def is_transient(error: BaseException) -> bool:
    """Say whether a retry can help.

    Knows the errors of this package, of the PostgreSQL drivers, of boto3 with what it builds on, and of the operating
    system. Any other error, and a plain `ExportError`, is as its `__cause__` is; without one it is permanent.
    """
    if isinstance(error, TransientError):
        return True
    if isinstance(error, PermanentError):
        return False
    verdict = judge_client_error(error)
    if verdict is None:
        verdict = _judge_builtin_error(error)
    if verdict is None and error.__cause__ is not None:
        return is_transient(error.__cause__)
    return bool(verdict)


def is_known(error: BaseException) -> bool:
    """Whether the error is of a kind whose message says all: one of this package's, a client's or the system's.

    An error that this package raised for another one has the same verdict as its cause.
    """
    if isinstance(error, ExportError):
        return error.__cause__ is None or is_known(error.__cause__)
    return judge_client_error(error) is not None or _judge_builtin_error(error) is not None


@contextmanager
def named_errors(what: str) -> Iterator[None]:
    """Let every error inside say what it happened to, such as a key in S3.

    :raises TransientError: a retry can help
    :raises PermanentError: a retry cannot help
    """
    try:
        yield
    except Exception as error:
        kind = TransientError if is_transient(error) else PermanentError
        if isinstance(error, ExportError):
            raise kind(f"{what}: {error}", error.remedy) from error
        raise kind(f"{what}: {type(error).__name__}: {str(error).strip()}") from error


def judge_client_error(error: BaseException) -> bool | None:
    """True for a transient error of a client of PostgreSQL or AWS, False for a permanent one, None for any other."""
    families = {(base.__module__.partition(".")[0], base.__name__) for base in type(error).__mro__}
    packages = {package for package, _ in families}
    names = {name for _, name in families}
    if is_driver_error(error):
        return _judge_sql_error(error, names)
    if "ClientError" in names and packages & {"botocore"}:
        return _judge_aws_response(vars(error).get("response") or {})
    if packages & {"botocore"}:
        return bool(names & _TRANSIENT_BOTOCORE_ERRORS) and "certificate" not in str(error).lower()
    if packages & {"boto3", "s3transfer"}:
        return _judge_upload_error(error)
    if packages & {"urllib3"}:
        return bool(names & _TRANSIENT_URLLIB3_ERRORS)
    return None


def _judge_sql_error(error: BaseException, names: set[str]) -> bool:
    """Judge by SQLSTATE, else by class and the reason of a refused connection."""
    sqlstate = sqlstate_of(error)
    if sqlstate:
        return sqlstate.startswith(_TRANSIENT_SQLSTATES) or _met_in_catalogue(error, sqlstate)
    if names & _SQL_ERRORS_WITHOUT_RETRY:
        return False
    refusal = refusal_of(error)
    return refusal is None or refusal.may_pass


def _met_in_catalogue(error: BaseException, sqlstate: str) -> bool:
    """Whether two sessions changed the same entry of the catalogue at once, as two `create or replace` do."""
    if sqlstate == "XX000":
        return "tuple concurrently" in str(error)
    details = getattr(error, "diag", None)
    return sqlstate == "23505" and getattr(details, "schema_name", None) == "pg_catalog"


def _judge_aws_response(response: Mapping[str, Mapping[str, object]]) -> bool:
    """Judge an answer of an AWS service by its error code, else by its HTTP status."""
    code = str(response.get("Error", {}).get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code.removeprefix("KMS.") in _TRANSIENT_AWS_CODES or status in _TRANSIENT_HTTP_STATUS:
        return True
    return code.isdigit() and int(code) in _TRANSIENT_HTTP_STATUS


def _judge_upload_error(error: BaseException) -> bool | None:
    """Judge the wrapper that boto3 raises from within an `except`: what counts is the error it wraps."""
    wrapped = error.__cause__ or error.__context__ or getattr(error, "last_exception", None)
    return judge_client_error(wrapped) if wrapped is not None else False


def _judge_builtin_error(error: BaseException) -> bool | None:
    """Judge an error of the operating system: all may pass but those about a path or a certificate."""
    if not isinstance(error, OSError):
        return None
    is_certificate_error = isinstance(error, ValueError)
    return not (is_certificate_error or isinstance(error, _PERMANENT_OS_ERRORS))
