"""What a deployment would change in the bucket: compares the package with what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployment.errors import DeploymentError
from deployment.ownership import Upload, read_record
from deployment.package import BILL, CHECKSUMS, DAGS, PLUGINS, REQUIREMENTS, STARTUP, SUMMARY
from deployment.requirements import CONSTRAINTS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# What describes the package, and is of no use to MWAA.
NOT_UPLOADED = frozenset({BILL, CHECKSUMS, SUMMARY})
# They come first: DAG files need the plugins of their release. The requirements name the constraints.
COMPONENTS = (f"{DAGS}/{CONSTRAINTS}", PLUGINS, REQUIREMENTS, STARTUP)


@dataclass(frozen=True)
class Plan:
    """The keys that a deployment touches.

    :param new: are not there yet
    :param changed: have another content
    :param foreign: are there with another content, and no deployment has put them there
    :param stale: have been put there by a deployment, and the package no longer has them
    :param record: what earlier deployments have left, by key
    """

    new: tuple[str, ...]
    changed: tuple[str, ...]
    foreign: tuple[str, ...]
    stale: tuple[str, ...]
    record: Mapping[str, Upload]

    @property
    def uploads(self) -> tuple[str, ...]:
        """The keys to be uploaded, in the order in which that is safe."""
        touched = {*self.new, *self.changed, *self.foreign}
        first = [key for key in COMPONENTS if key in touched]
        # Scripts before the DAG files, which read them when they are parsed.
        return (*first, *sorted(touched.difference(first), key=lambda key: (key.endswith(".py"), key)))

    def describe(self) -> list[str]:
        """A line for each key, for a person."""
        marks = (("+", self.new), ("~", self.changed), ("!", self.foreign), ("-", self.stale))
        lines = [f"  {mark} {key}" for mark, keys in marks for key in keys]
        return lines or ["  nothing: the bucket holds this package"]


def make_plan(client: S3Client, bucket: str, checksums: Mapping[str, str]) -> Plan:
    """Compare the package with the bucket, without changing anything.

    :param checksums: SHA-256 of each file of the package, by its path, which is its key
    :raises DeploymentError: the bucket has no versioning, which MWAA demands
    """
    if client.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        raise DeploymentError(f"The bucket '{bucket}' has no versioning, which MWAA needs: enable it")
    wanted = {key: digest for key, digest in checksums.items() if key not in NOT_UPLOADED}
    record, present = read_record(client, bucket), _etags(client, bucket)
    own = {key for key, upload in record.items() if present.get(key) == upload.etag}
    different = [
        key for key in sorted(wanted) if key in present and not (key in own and record[key].sha256 == wanted[key])
    ]
    return Plan(
        new=tuple(key for key in sorted(wanted) if key not in present),
        changed=tuple(key for key in different if key in own),
        foreign=tuple(key for key in different if key not in own),
        stale=tuple(sorted(own.difference(wanted))),
        record=record,
    )


def _etags(client: S3Client, bucket: str) -> dict[str, str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {each["Key"]: each["ETag"] for page in pages for each in page.get("Contents", [])}
