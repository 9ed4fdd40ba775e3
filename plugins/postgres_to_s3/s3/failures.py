"""Errors of the AWS clients: which of them are worth a retry, and what they happened to."""

from __future__ import annotations

from collections.abc import Mapping

from postgres_to_s3.errors import Failures, packages_of

TRANSIENT_AWS_CODES = frozenset(
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
TRANSIENT_HTTP_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504, 507, 509})
TRANSIENT_BOTOCORE_ERRORS = frozenset(
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
TRANSIENT_URLLIB3_ERRORS = frozenset({"ProtocolError", "TimeoutError", "MaxRetryError", "IncompleteRead"})


def judge_client_error(error: BaseException) -> bool | None:
    """Judge an error of boto3 and of what it builds on; None for any other error."""
    packages = packages_of(error)
    names = {base.__name__ for base in type(error).__mro__}
    if "botocore" in packages and "ClientError" in names:
        return _judge_response(vars(error).get("response") or {})
    if "botocore" in packages:
        return bool(names & TRANSIENT_BOTOCORE_ERRORS) and "certificate" not in str(error).lower()
    if packages & {"boto3", "s3transfer"}:
        return _judge_upload_error(error)
    if "urllib3" in packages:
        return bool(names & TRANSIENT_URLLIB3_ERRORS)
    return None


def is_failed_condition(error: BaseException | None) -> bool:
    """Whether S3 refused a request because the object is not what the request's condition says."""
    response = getattr(error, "response", None) or {}
    return response.get("Error", {}).get("Code") in ("PreconditionFailed", "412", "NoSuchKey")


def _judge_response(response: Mapping[str, Mapping[str, object]]) -> bool:
    """Judge an answer of an AWS service by its error code, else by its HTTP status."""
    code = str(response.get("Error", {}).get("Code", ""))
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if code.removeprefix("KMS.") in TRANSIENT_AWS_CODES or status in TRANSIENT_HTTP_STATUS:
        return True
    return code.isdigit() and int(code) in TRANSIENT_HTTP_STATUS


def _judge_upload_error(error: BaseException) -> bool | None:
    """Judge the wrapper that boto3 raises from within an `except`: what counts is the error it wraps."""
    wrapped = error.__cause__ or error.__context__ or getattr(error, "last_exception", None)
    return judge_client_error(wrapped) if wrapped is not None else False


named_errors = Failures(judge_client_error).named
