"""What a deployment has put into the bucket, kept there: nothing else is ever replaced or deleted."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Outside the DAGs folder, so that MWAA does not copy it to the workers.
RECORD = "deployments/billing-data-aggregator.json"


@dataclass(frozen=True)
class Upload:
    """An object as a deployment has left it.

    :param sha256: of its content
    :param etag: as S3 gave it; another one means that somebody else has replaced the object
    :param version: the version of the object
    """

    sha256: str
    etag: str
    version: str


def read_record(client: S3Client, bucket: str) -> dict[str, Upload]:
    """What earlier deployments have left, by key; empty before the first one."""
    try:
        content = client.get_object(Bucket=bucket, Key=RECORD)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return {}
    return {key: Upload(**upload) for key, upload in json.loads(content).items()}


def write_record(client: S3Client, bucket: str, uploads: dict[str, Upload]) -> None:
    """Keep what this deployment leaves."""
    content = json.dumps({key: asdict(uploads[key]) for key in sorted(uploads)}, indent=1)
    client.put_object(Bucket=bucket, Key=RECORD, Body=content.encode(), ContentType="application/json")
