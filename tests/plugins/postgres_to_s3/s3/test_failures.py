"""An error of S3 is either worth a retry or not, whichever client raised it."""

from __future__ import annotations

import botocore.exceptions
import botocore.parsers
import pytest
from boto3.exceptions import S3UploadFailedError

from postgres_to_s3.s3.failures import judge_client_error


def s3_error(code: str, status: int) -> Exception:
    response = {"Error": {"Code": code, "Message": "m"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return botocore.exceptions.ClientError(response, "PutObject")


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
    assert judge_client_error(s3_error(code, status))


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
    assert judge_client_error(s3_error(code, status)) is False


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
    assert judge_client_error(error)


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
    assert judge_client_error(error) is False


def test_an_upload_error_of_boto3_is_judged_by_the_error_it_wraps() -> None:
    assert judge_client_error(_wrapped_upload_error(s3_error("SlowDown", 503)))
    assert judge_client_error(_wrapped_upload_error(s3_error("AccessDenied", 403))) is False
    assert judge_client_error(S3UploadFailedError("nothing known")) is False


def _wrapped_upload_error(cause: Exception) -> Exception:
    try:
        try:
            raise cause
        except Exception as error:
            raise S3UploadFailedError(str(error))  # noqa: B904 - as boto3 does
    except S3UploadFailedError as error:
        return error
