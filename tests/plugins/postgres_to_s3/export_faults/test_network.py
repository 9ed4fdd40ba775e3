"""When the network cuts or delays what S3 says, or S3 says it wrongly, a reader finds the whole old or new export."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from airflow.sdk.exceptions import AirflowException

from tests.support.export_runner import PART, ExportRunner
from tests.support.manifest_reader import read_export
from tests.support.old_and_new import MUCH, NEW_ROWS, OLD_ROWS, assert_healed, export_new, export_old, fail
from tests.support.s3_proxy import Fault, S3Proxy

COMPLETE = "CompleteMultipartUpload"
READ_TIMEOUT = 0.5


def test_a_connection_cut_in_the_middle_of_a_part_is_not_noticed(
    proxied_with: Callable[..., ExportRunner], proxy: S3Proxy
) -> None:
    exports = proxied_with()
    cut = Fault("UploadPart", is_cut=True, part=2, times=1)
    proxy.faults.append(cut)

    exports.run(sql=MUCH, part_bytes=PART)

    assert cut.times == 0
    assert read_export(exports.bucket).rows == [(str(row), "x" * 1000) for row in range(1, 40001)]


@pytest.mark.parametrize("part", [1, 2])
def test_a_connection_cut_in_the_middle_of_a_part_for_ever_leaves_the_old_export(
    proxied: ExportRunner, proxy: S3Proxy, part: int
) -> None:
    before = export_old(proxied)
    proxy.faults.append(Fault("UploadPart", is_cut=True, part=part))

    with pytest.raises(AirflowException, match=r"_0000\.csv: Connection") as raised:
        proxied.run(sql=MUCH, part_bytes=PART)

    assert type(raised.value) is AirflowException
    assert proxied.objects() == before
    assert proxied.bucket.open_uploads() == []
    assert_healed(proxied, proxy)


@pytest.mark.parametrize(
    ("operation", "is_carried_out"),
    [
        pytest.param("UploadPart", False, id="part"),
        pytest.param(COMPLETE, False, id="completion"),
        pytest.param(COMPLETE, True, id="answer-to-the-completion"),
        pytest.param("PutObject", True, id="answer-to-the-manifest"),
    ],
)
def test_an_answer_that_does_not_come_in_time_is_not_waited_for(
    proxied_with: Callable[..., ExportRunner], proxy: S3Proxy, operation: str, is_carried_out: bool
) -> None:
    exports = proxied_with(read_timeout=READ_TIMEOUT)
    silence = Fault(operation, is_silent=True, is_carried_out=is_carried_out, times=1)
    proxy.faults.append(silence)

    export_new(exports)

    assert silence.times == 0
    assert read_export(exports.bucket).rows == NEW_ROWS
    assert exports.bucket.open_uploads() == []


@pytest.mark.parametrize("operation", ["UploadPart", COMPLETE])
def test_answers_that_never_come_in_time_leave_the_old_export(
    proxied: ExportRunner, proxied_with: Callable[..., ExportRunner], proxy: S3Proxy, operation: str
) -> None:
    export_old(proxied)
    proxy.faults.append(Fault(operation, is_silent=True))

    error = fail(proxied_with(s3_attempts=1, read_timeout=READ_TIMEOUT))

    assert type(error) is AirflowException
    assert "ReadTimeoutError" in str(error)
    assert read_export(proxied.bucket).rows == OLD_ROWS
    assert proxied.bucket.open_uploads() == []
    assert_healed(proxied, proxy)


@pytest.mark.parametrize("is_carried_out", [False, True], ids=["not-completed", "completed"])
def test_an_error_that_is_answered_as_a_success_is_not_noticed_if_it_passes(
    proxied: ExportRunner, proxy: S3Proxy, is_carried_out: bool
) -> None:
    export_old(proxied)
    error = Fault(COMPLETE, 200, is_carried_out=is_carried_out, times=1)
    proxy.faults.append(error)

    export_new(proxied)

    assert error.times == 0
    assert read_export(proxied.bucket).rows == NEW_ROWS
    assert proxied.bucket.open_uploads() == []


def test_an_error_that_is_answered_as_a_success_for_ever_leaves_the_old_export(
    proxied: ExportRunner, proxy: S3Proxy
) -> None:
    before = export_old(proxied)
    proxy.faults.append(Fault(COMPLETE, 200))

    error = fail(proxied)

    assert type(error) is AirflowException
    assert "InternalError" in str(error)
    assert proxied.objects() == before
    assert proxied.bucket.open_uploads() == []
    assert_healed(proxied, proxy)
