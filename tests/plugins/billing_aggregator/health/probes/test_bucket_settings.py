"""The health check reads how a bucket is set up, from a server that knows all of AWS's settings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from billing_aggregator.health.findings import State
from billing_aggregator.health.probes.bucket_settings import check_encryption, check_lifecycle, check_versioning

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "enercity/prod/"
BUCKET = "billing-exports"
UPLOADS = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}}
VERSIONS = {"NoncurrentVersionExpiration": {"NoncurrentDays": 7}}


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """The address of a server with AWS's own interface."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def client(aws: str) -> Iterator[S3Client]:
    """A client of it; the bucket is new."""
    client: S3Client = boto3.client(
        "s3", endpoint_url=aws, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
    )
    client.create_bucket(Bucket=BUCKET)
    yield client
    client.delete_bucket(Bucket=BUCKET)


def test_versioning_is_on_off_or_suspended(client: S3Client) -> None:
    assert check_versioning(client, BUCKET).found == "off"
    for status, found, state in (("Enabled", "on", State.OK), ("Suspended", "suspended", State.WARNING)):
        client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": status})

        finding = check_versioning(client, BUCKET)

        assert (finding.found, finding.state) == (found, state)


@pytest.mark.parametrize(
    ("rules", "missing"),
    [
        pytest.param([], "no rule for incomplete uploads and noncurrent versions", id="none"),
        pytest.param([{"Filter": {"Prefix": ""}, **UPLOADS, **VERSIONS}], None, id="one for all"),
        pytest.param([{"Filter": {"Prefix": ""}, **UPLOADS}], "no rule for noncurrent versions", id="half"),
        pytest.param(
            [{"Filter": {"Prefix": "another/"}, **UPLOADS}, {"Filter": {"Prefix": "enercity/"}, **VERSIONS}],
            "no rule for incomplete uploads",
            id="of another folder",
        ),
        pytest.param(
            [{"Filter": {"Prefix": ""}, **UPLOADS, **VERSIONS, "Status": "Disabled"}],
            "no rule for incomplete uploads and noncurrent versions",
            id="switched off",
        ),
    ],
)
def test_the_lifecycle_must_clear_up_in_our_folder(
    client: S3Client, rules: list[dict[str, Any]], missing: str | None
) -> None:
    if rules:
        numbered: Any = [{"ID": str(number), "Status": "Enabled", **rule} for number, rule in enumerate(rules)]
        client.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": numbered})

    finding = check_lifecycle(client, BUCKET, PREFIX)

    assert finding.state is (State.WARNING if missing else State.OK)
    assert finding.found == (missing or "ends incomplete uploads and noncurrent versions")


def test_encryption_is_that_of_the_bucket_or_of_the_exports(client: S3Client) -> None:
    client.delete_bucket_encryption(Bucket=BUCKET)
    assert check_encryption(client, BUCKET, {}).state is State.WARNING
    assert check_encryption(client, BUCKET, {"ServerSideEncryption": "aws:kms"}).state is State.OK

    rule: Any = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key-1"}}
    client.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    finding = check_encryption(client, BUCKET, {})

    assert (finding.state, finding.found) == (State.OK, "default of the bucket: aws:kms key-1")
