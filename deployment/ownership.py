"""The record of a bucket: whose it is, and what deployments have put there. Nothing else is replaced or deleted."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import TypeAdapter, ValidationError

from deployment.conditional_writes import put_if_unchanged
from deployment.errors import DeploymentError
from deployment.settings_file import Target

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


@dataclass(frozen=True)
class Record:
    """What a deployment writes down before it uploads anything, and again at its end.

    :param environment: the MWAA environment that reads the bucket
    :param bucket: the bucket itself, since a copy of a bucket brings the record of another one
    :param uploads: what deployments have left, by key
    :param planned: SHA-256 of the objects that a deployment is about to upload, by key; empty at its end
    :param etag: of this record in the bucket; None if there is none yet
    """

    environment: str
    bucket: str
    uploads: dict[str, Upload]
    planned: dict[str, str]
    etag: str | None = None


def read_record(client: S3Client, target: Target, *, take_over: bool = False) -> Record:
    """Read the record of the target's bucket; an empty one before the first deployment.

    :param take_over: take the bucket from another environment
    :raises DeploymentError: the record is damaged, or is that of another environment
    """
    try:
        answer = client.get_object(Bucket=target.bucket, Key=RECORD)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return Record(target.environment, target.bucket, {}, {})
    record = replace(_parse(answer["Body"].read(), target), etag=answer["ETag"])
    if (record.environment, record.bucket) != (target.environment, target.bucket) and not take_over:
        raise DeploymentError(
            f"s3://{target.bucket} belongs to another environment: its record '{RECORD}' names environment"
            f" '{record.environment}' and bucket '{record.bucket}', expected '{target.environment}' and"
            f" '{target.bucket}'. Correct MWAA_BUCKET or MWAA_ENVIRONMENT, or take the bucket with TAKE_OVER=1"
        )
    # The versions that another bucket's record names are not in this one: nothing in it counts as ours.
    own = record if record.bucket == target.bucket else replace(record, uploads={}, planned={})
    return replace(own, environment=target.environment, bucket=target.bucket)


def write_record(client: S3Client, record: Record) -> Record:
    """Write the record if it is still the one that was read; returns it with its new ETag.

    :raises DeploymentError: another deployment has written it in the meantime
    """
    content = {name: value for name, value in asdict(record).items() if name != "etag"}
    text = json.dumps(content, indent=1, sort_keys=True)
    answer = put_if_unchanged(client, record.bucket, RECORD, text.encode(), record.etag)
    return replace(record, etag=answer["ETag"])


def _parse(content: bytes, target: Target) -> Record:
    try:
        return TypeAdapter(Record).validate_json(content)
    except ValidationError as error:
        with suppress(ValidationError):
            # Records were uploads only, before they named whose they are.
            uploads = TypeAdapter(dict[str, Upload]).validate_json(content)
            return Record(target.environment, target.bucket, uploads, {})
        problems = [
            f"  - {'.'.join(map(str, each['loc'])) or 'the whole file'}: {each['msg']}" for each in error.errors()
        ]
        remedy = (
            "Restore its previous version, which the bucket keeps. If there is none, delete it, look at the plan, and"
            " deploy with ADOPT=1; scripts of earlier releases then stay in dags/ until you delete them"
        )
        raise DeploymentError(
            "\n".join([f"The record of deployments s3://{target.bucket}/{RECORD} is damaged:", *problems, remedy])
        ) from error
