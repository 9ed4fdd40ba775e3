"""Which errors are worth a retry, on whichever side they were raised: the warehouse, S3, or the system in between."""

from __future__ import annotations

from postgres_to_s3.errors import Failures
from postgres_to_s3.postgres.failures import judge_driver_error
from postgres_to_s3.s3.failures import judge_client_error

_FAILURES = Failures(judge_driver_error, judge_client_error)
is_transient = _FAILURES.is_transient
is_known = _FAILURES.is_known
named_errors = _FAILURES.named
