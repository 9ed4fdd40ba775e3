"""An error is worth a retry or not, on whichever side it was raised."""

from __future__ import annotations

import botocore.exceptions
import psycopg
import pytest

from postgres_to_s3.errors import ExportError
from postgres_to_s3.retryable import is_known, is_transient


def s3_error(code: str) -> Exception:
    return botocore.exceptions.ClientError({"Error": {"Code": code, "Message": "m"}}, "PutObject")


@pytest.mark.parametrize(
    ("cause", "verdict"),
    [
        pytest.param(psycopg.errors.lookup("57P01")("message of the server"), True, id="warehouse-shut-down"),
        pytest.param(psycopg.errors.lookup("42P01")("message of the server"), False, id="no-such-table"),
        pytest.param(s3_error("SlowDown"), True, id="busy-bucket"),
        pytest.param(s3_error("AccessDenied"), False, id="forbidden-bucket"),
    ],
)
def test_a_plain_export_error_is_judged_by_its_cause(cause: Exception, verdict: bool) -> None:
    error = ExportError("export of report_oibl.tripica_results failed")
    error.__cause__ = cause

    assert is_transient(error) is verdict
    assert is_known(error)
    assert not is_known(KeyError("a"))
