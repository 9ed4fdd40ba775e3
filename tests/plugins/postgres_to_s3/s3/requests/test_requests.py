"""Requests to a bucket name the key when they fail, and are repeated where this can help."""

from __future__ import annotations

import pytest

from postgres_to_s3.errors import ExportError, PermanentError, TransientError
from postgres_to_s3.s3 import requests as bucket_requests
from postgres_to_s3.s3.requests import BucketRequests, StoredObject, with_retries
from tests.support.bucket import Bucket


@pytest.fixture
def requests(bucket: Bucket) -> BucketRequests:
    """Requests to an empty bucket."""
    return BucketRequests(bucket.client, bucket.name)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between the tries, which take no time."""
    taken: list[float] = []
    monkeypatch.setattr(bucket_requests.time, "sleep", taken.append)
    return taken


class Request:
    """A request that fails with these errors, one after the other, and succeeds then."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.tries = 0

    def __call__(self) -> str:
        self.tries += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


def test_an_object_is_written_read_and_deleted(requests: BucketRequests, bucket: Bucket) -> None:
    requests.write("a", b"content", {"ContentType": "text/plain"})

    found = requests.read("a")
    assert found == StoredObject(b"content", bucket.client.head_object(Bucket=bucket.name, Key="a")["ETag"])
    requests.delete("a")
    assert requests.read("a") is None


def test_a_listing_has_what_begins_with_the_prefix(requests: BucketRequests) -> None:
    for key in ("x/1", "x/2", "y/1"):
        requests.write(key, b"", {})
    upload_id = requests.create_upload("x/3", {})

    assert requests.objects("x/") == ["x/1", "x/2"]
    assert requests.uploads("x/") == [("x/3", upload_id)]


def test_an_upload_that_has_ended_counts_as_aborted(
    requests: BucketRequests, bucket: Bucket, caplog: pytest.LogCaptureFixture
) -> None:
    upload_id = requests.create_upload("a", {})
    requests.abort_upload("a", upload_id)

    requests.abort_upload("a", upload_id)

    assert bucket.open_uploads() == []


def test_an_answer_that_lacks_what_it_must_have_is_worth_a_retry(requests: BucketRequests, bucket: Bucket) -> None:
    requests.write("a", b"content", {})
    bucket.client.meta.events.register("after-call.s3.GetObject", lambda parsed, **_: parsed.pop("ETag"))

    with pytest.raises(TransientError, match=rf"^s3://{bucket.name}/a: expected 'ETag' in the answer of S3"):
        requests.read("a")


def test_an_error_names_the_object(bucket: Bucket) -> None:
    elsewhere = BucketRequests(bucket.client, "no-such-bucket")

    with pytest.raises(PermanentError, match=r"^s3://no-such-bucket/a: .*NoSuchBucket"):
        elsewhere.write("a", b"", {})


def test_a_transient_failure_is_repeated_with_longer_and_longer_pauses(pauses: list[float]) -> None:
    request = Request(*(TransientError("busy") for _ in range(5)))

    assert with_retries(request) == "done"

    assert request.tries == 6
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0]


@pytest.mark.parametrize(
    ("errors", "tries"),
    [
        pytest.param([PermanentError("forbidden")], 1, id="permanent"),
        pytest.param([TransientError("busy"), PermanentError("forbidden")], 2, id="permanent-at-last"),
        pytest.param([TransientError("busy")] * 6, 6, id="transient-for-too-long"),
    ],
)
def test_what_a_repetition_cannot_heal_is_raised(pauses: list[float], errors: list[ExportError], tries: int) -> None:
    request = Request(*errors)

    with pytest.raises(ExportError) as raised:
        with_retries(request)

    assert raised.value is errors[-1]
    assert request.tries == tries
