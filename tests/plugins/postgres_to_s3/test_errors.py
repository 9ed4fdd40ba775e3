"""An error of this package or of the system is either worth a retry or not, and says what it happened to."""

from __future__ import annotations

import ssl

import pytest

from postgres_to_s3.errors import ExportError, Failures, PermanentError, TransientError

FAILURES = Failures()


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), OSError(28, "No space left on device")])
def test_network_and_system_errors_are_worth_a_retry(error: Exception) -> None:
    assert FAILURES.is_transient(error)


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
    assert not FAILURES.is_transient(error)


def test_own_errors_say_themselves_what_they_are() -> None:
    assert FAILURES.is_transient(TransientError("the bucket is slow"))
    assert not FAILURES.is_transient(PermanentError("the table is missing"))
    assert not FAILURES.is_transient(ExportError("without a cause"))


def test_a_verdict_of_our_own_outweighs_the_cause() -> None:
    error = PermanentError("given up")
    error.__cause__ = TimeoutError()

    assert not FAILURES.is_transient(error)


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
    with pytest.raises(ExportError) as raised, FAILURES.named("s3://b/k"):
        raise error

    assert type(raised.value) is kind
    assert str(raised.value) == message
    assert raised.value.__cause__ is error
