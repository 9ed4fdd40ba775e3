"""When S3 fails on the way, a reader of the manifest finds the whole old export or the whole new one; a retry heals."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException

from postgres_to_s3.s3 import bucket_publication
from tests.support.export_runner import KEY, PART, PREFIX, ExportRunner
from tests.support.manifest_reader import read_export
from tests.support.old_and_new import MUCH, NEW_FILES, NEW_ROWS, OLD_ROWS, assert_healed, export_new, export_old, fail
from tests.support.s3_proxy import Fault, S3Proxy
from tests.support.warehouse import Warehouse

COMPLETE = "CompleteMultipartUpload"
COPYING = "select pid from pg_stat_activity where state = 'active' and query like 'copy%'"
STALE = "the new export is published, but files of an earlier one may have stayed"


@pytest.mark.parametrize(
    ("fault", "verdict", "reason"),
    [
        pytest.param(Fault("GetObject", 503), AirflowException, ".manifest.json: .*SlowDown", id="last-manifest"),
        pytest.param(Fault("ListMultipartUploads", 503), AirflowException, "SlowDown", id="leftovers"),
        pytest.param(
            Fault("CreateMultipartUpload", 503, key="_0002.csv"), AirflowException, "_0002.csv: .*SlowDown", id="open"
        ),
        pytest.param(
            Fault("UploadPart", 500, key="_0002.csv"), AirflowException, "_0002.csv: .*InternalError", id="part"
        ),
        pytest.param(
            Fault("UploadPart", 403, key="_0001.csv"),
            AirflowFailException,
            "_0001.csv: AccessDenied: .*UploadPart.*A retry cannot help",
            id="forbidden-part",
        ),
        pytest.param(
            Fault("UploadPart", 0, key="_0002.csv"),
            AirflowException,
            "_0002.csv: ConnectionClosedError",
            id="no-answer",
        ),
        pytest.param(Fault(COMPLETE, 500), AirflowException, "csv: .*InternalError", id="complete"),
        pytest.param(Fault(COMPLETE, 403), AirflowFailException, "csv: .*AccessDenied", id="forbidden-complete"),
        pytest.param(Fault(COMPLETE, 0), AirflowException, "csv: ConnectionClosedError", id="no-answer-in-complete"),
    ],
)
def test_a_failure_before_the_first_file_leaves_every_object_as_it_was(
    proxied: ExportRunner, proxy: S3Proxy, fault: Fault, verdict: type[AirflowException], reason: str
) -> None:
    before = export_old(proxied)
    proxy.faults.append(fault)

    error = fail(proxied)

    assert type(error) is verdict
    place = f"s3://{proxied.bucket.name}/{PREFIX}"
    task = "task 'export' failed\nexport of query \"select 'new' as .*\""
    assert re.match(f"{task} to {place}.manifest.json: {place}.*{reason}", str(error), re.DOTALL), str(error)
    assert proxied.objects() == before
    assert proxied.bucket.open_uploads() == []
    assert_healed(proxied, proxy)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        pytest.param(Fault(COMPLETE, 500, key="_0000.csv"), AirflowException, id="first-file"),
        pytest.param(Fault(COMPLETE, 503, key="_0001.csv"), AirflowException, id="second-file"),
        pytest.param(Fault(COMPLETE, 403, key="_0001.csv"), AirflowFailException, id="second-file-forbidden"),
        pytest.param(Fault(COMPLETE, 0, key="_0002.csv"), AirflowException, id="last-file-no-answer"),
        pytest.param(Fault("PutObject", 503), AirflowException, id="manifest"),
        pytest.param(Fault("PutObject", 403), AirflowFailException, id="manifest-forbidden"),
        pytest.param(Fault("PutObject", 0), AirflowException, id="manifest-no-answer"),
    ],
)
def test_a_failure_between_the_files_and_the_manifest_leaves_the_old_export_to_its_readers(
    proxied: ExportRunner, proxy: S3Proxy, fault: Fault, verdict: type[AirflowException]
) -> None:
    export_old(proxied)
    proxy.faults.append(fault)

    assert type(fail(proxied)) is verdict

    assert read_export(proxied.bucket).rows == OLD_ROWS
    assert proxied.bucket.open_uploads() == []
    assert_healed(proxied, proxy)


@pytest.mark.parametrize(
    ("fault", "verdict", "reason"),
    [
        pytest.param(Fault("ListObjectsV2", 503), AirflowException, STALE, id="listing-stale-chunks"),
        pytest.param(Fault("DeleteObject", 503), AirflowException, STALE, id="deleting-a-stale-chunk"),
        pytest.param(Fault("DeleteObject", 403), AirflowFailException, STALE, id="deleting-forbidden"),
    ],
)
def test_a_failure_after_the_manifest_leaves_the_new_export_to_its_readers(
    proxied: ExportRunner, proxy: S3Proxy, fault: Fault, verdict: type[AirflowException], reason: str
) -> None:
    export_old(proxied)
    proxy.faults.append(fault)

    failure = fail(proxied)

    assert type(failure) is verdict
    assert reason in str(failure)
    assert read_export(proxied.bucket).rows == NEW_ROWS
    assert_healed(proxied, proxy)


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([Fault("PutObject", 0, is_carried_out=True)], id="no-answer"),
        pytest.param([Fault("PutObject", 500, is_carried_out=True)], id="error"),
        pytest.param(
            [Fault("PutObject", 0, is_carried_out=True, times=1), Fault("PutObject", 403)], id="forbidden-afterwards"
        ),
    ],
)
def test_a_manifest_that_was_written_without_an_answer_is_a_published_export(
    proxied: ExportRunner, proxy: S3Proxy, caplog: pytest.LogCaptureFixture, faults: list[Fault]
) -> None:
    export_old(proxied)
    proxy.faults += faults

    export_new(proxied)

    assert "The manifest is written, though S3 did not confirm it" in caplog.text
    assert read_export(proxied.bucket).rows == NEW_ROWS
    assert proxied.texts() == NEW_FILES


@pytest.mark.parametrize(
    ("status", "verdict"), [(0, AirflowException), (403, AirflowFailException)], ids=["no-answer", "forbidden"]
)
@pytest.mark.parametrize("is_carried_out", [True, False], ids=["written", "not-written"])
def test_a_manifest_of_which_nothing_is_known_may_be_published(
    proxied: ExportRunner, proxy: S3Proxy, status: int, verdict: type[AirflowException], is_carried_out: bool
) -> None:
    export_old(proxied)
    proxy.faults += [
        # The first answer is the last export's manifest, read before anything else.
        Fault("GetObject", 503, after=1),
        Fault("PutObject", status, is_carried_out=is_carried_out),
    ]

    error = fail(proxied)

    assert type(error) is verdict
    assert "The new export is published if S3 has written the manifest all the same" in str(error)
    proxy.faults.clear()
    assert read_export(proxied.bucket).rows == (NEW_ROWS if is_carried_out else OLD_ROWS)
    assert_healed(proxied, proxy)


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([Fault("UploadPart", 500, times=1), Fault("UploadPart", 503, times=1)], id="part"),
        pytest.param([Fault("UploadPart", 0, times=1)], id="part-no-answer"),
        pytest.param([Fault("UploadPart", 0, times=1, is_carried_out=True)], id="part-answer-lost"),
        pytest.param([Fault("CreateMultipartUpload", 503, times=1), Fault("ListObjectsV2", 500, times=1)], id="others"),
        pytest.param([Fault(COMPLETE, 0, times=4), Fault("PutObject", 503, times=4)], id="publishing-several-times"),
    ],
)
def test_a_passing_fault_is_not_noticed(
    proxied_with: Callable[..., ExportRunner], proxy: S3Proxy, faults: list[Fault]
) -> None:
    exports = proxied_with()
    proxy.faults += faults

    export_new(exports)

    assert all(fault.times == 0 for fault in faults)
    assert read_export(exports.bucket).rows == NEW_ROWS


@pytest.mark.parametrize("knows_checksums", [True, False], ids=["checksums", "entity-tags"])
def test_a_completion_whose_answer_got_lost_is_recognised(
    proxied: ExportRunner, proxy: S3Proxy, monkeypatch: pytest.MonkeyPatch, knows_checksums: bool
) -> None:
    if not knows_checksums:
        monkeypatch.setattr("postgres_to_s3.s3.upload.CHECKSUM", "unknown")
    export_old(proxied)
    proxy.faults += [Fault(COMPLETE, 0, is_carried_out=True, times=3), Fault(COMPLETE, 404)]

    export_new(proxied)

    assert read_export(proxied.bucket).rows == NEW_ROWS
    assert proxied.bucket.open_uploads() == []


def test_an_upload_that_somebody_aborted_is_tried_again_as_a_whole(proxied: ExportRunner, proxy: S3Proxy) -> None:
    export_old(proxied)
    proxy.faults.append(Fault(COMPLETE, 404))

    error = fail(proxied)

    assert type(error) is AirflowException
    assert "NoSuchUpload" in str(error)
    assert read_export(proxied.bucket).rows == OLD_ROWS
    assert_healed(proxied, proxy)


def test_slow_answers_only_take_time(proxied: ExportRunner, proxy: S3Proxy) -> None:
    pause = threading.Event()
    proxy.before = lambda operation: operation in ("UploadPart", COMPLETE, "PutObject") and pause.wait(0.3)

    export_new(proxied)

    assert read_export(proxied.bucket).rows == NEW_ROWS


def test_a_failure_in_the_middle_of_the_copy_ends_the_query(
    proxied: ExportRunner, proxy: S3Proxy, export_warehouse: Warehouse
) -> None:
    before = export_old(proxied)
    proxy.faults.append(Fault("UploadPart", 500, part=2))

    with pytest.raises(AirflowException, match="InternalError"):
        proxied.run(sql=MUCH, part_bytes=PART)

    assert proxied.objects() == before
    assert proxied.bucket.open_uploads() == []
    assert export_warehouse.rows(COPYING) == []
    assert_healed(proxied, proxy)


def test_a_bucket_without_versioning_is_complained_about_once(
    exports: ExportRunner, caplog: pytest.LogCaptureFixture
) -> None:
    export_new(exports)

    warnings = [record for record in caplog.records if record.name == bucket_publication.__name__]
    assert [record.levelname for record in warnings if "has no versioning" in record.getMessage()] == ["WARNING"]


def test_a_bucket_with_versioning_is_not_complained_about(
    proxied: ExportRunner, caplog: pytest.LogCaptureFixture
) -> None:
    export_new(proxied)

    assert "versioning" not in caplog.text


def test_a_reader_who_has_the_old_manifest_still_reads_the_old_export(proxied: ExportRunner) -> None:
    export_old(proxied)
    old = proxied.manifest()

    export_new(proxied)

    contents = [proxied.bucket.read(file["key"], file["version_id"]) for file in old["files"]]
    assert b"".join(content.removeprefix(b"version,row\n") for content in contents) == b"".join(
        b"old,%d\n" % row for row in range(1, 9)
    )
    assert len({file["version_id"] for file in old["files"]}) == 4
    assert KEY.format(chunk=3) not in proxied.bucket.keys()
