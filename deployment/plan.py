"""What a deployment would change in the bucket: compares the package with what is there."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployment.errors import DeploymentError
from deployment.ownership import Record, Upload
from deployment.package import BILL, CHECKSUMS, DAGS, PLUGINS, REQUIREMENTS, STARTUP, SUMMARY
from deployment.requirements import CONSTRAINTS

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# What describes the package, and is of no use to MWAA.
NOT_UPLOADED = frozenset({BILL, CHECKSUMS, SUMMARY})
# They come first: DAG files need the plugins of their release. The requirements name the constraints.
COMPONENTS = (f"{DAGS}/{CONSTRAINTS}-", PLUGINS, REQUIREMENTS, STARTUP)


@dataclass(frozen=True)
class Plan:
    """The keys that a deployment touches.

    :param new: are not there yet
    :param changed: have another content
    :param foreign: are there with another content, and no deployment has put them there
    :param stale: have been put there by a deployment, and the package no longer has them
    :param record: what earlier deployments have left
    :param etags: of all objects that are there, by key: what is replaced or deleted must still have its own
    """

    new: tuple[str, ...]
    changed: tuple[str, ...]
    foreign: tuple[str, ...]
    stale: tuple[str, ...]
    record: Record
    etags: Mapping[str, str]

    @property
    def components(self) -> tuple[str, ...]:
        """The keys to be uploaded before an update of the environment, which installs them."""
        return tuple(key for key in sorted(self._touched) if key.startswith(COMPONENTS))

    @property
    def files(self) -> tuple[str, ...]:
        """The keys to be uploaded after it: scripts before the DAG files, which read them when they are parsed."""
        return tuple(sorted(self._touched.difference(self.components), key=lambda key: (key.endswith(".py"), key)))

    @property
    def _touched(self) -> set[str]:
        return {*self.new, *self.changed, *self.foreign}

    @property
    def is_change(self) -> bool:
        """Whether anything in the bucket would change."""
        return bool(self._touched or self.stale)

    def describe(self) -> list[str]:
        """A line for each key, for a person."""
        marks = (("+", self.new), ("~", self.changed), ("!", self.foreign), ("-", self.stale))
        lines = [f"  {mark} {key}" for mark, keys in marks for key in keys]
        return lines or ["  nothing: the bucket holds this package"]


def make_plan(client: S3Client, record: Record, checksums: Mapping[str, str]) -> Plan:
    """Compare the package with the bucket of the record, without changing anything.

    :param checksums: SHA-256 of each file of the package, by its path, which is its key
    :raises DeploymentError: the bucket has no versioning, which MWAA demands
    """
    if client.get_bucket_versioning(Bucket=record.bucket).get("Status") != "Enabled":
        raise DeploymentError(f"The bucket '{record.bucket}' has no versioning, which MWAA needs: enable it")
    wanted = {key: digest for key, digest in checksums.items() if key not in NOT_UPLOADED}
    etags = _etags(client, record.bucket)
    record = replace(record, uploads=record.uploads | _unrecorded(client, record, etags))
    own = {key for key, upload in record.uploads.items() if etags.get(key) == upload.etag}
    unchanged = {key for key in own if record.uploads[key].sha256 == wanted.get(key)}
    different = [key for key in sorted(wanted) if key in etags and key not in unchanged]
    return Plan(
        new=tuple(key for key in sorted(wanted) if key not in etags),
        changed=tuple(key for key in different if key in own),
        foreign=tuple(key for key in different if key not in own),
        stale=tuple(sorted(own.difference(wanted))),
        record=record,
        etags=etags,
    )


def _unrecorded(client: S3Client, record: Record, etags: Mapping[str, str]) -> dict[str, Upload]:
    """Return the uploads of a deployment that was interrupted: the objects that hold what it had planned.

    Their content tells, since the ETag of an encrypted object says nothing about it.
    """
    uploads = {}
    for key, digest in record.planned.items():
        recorded = record.uploads.get(key)
        if key in etags and not (recorded and recorded.etag == etags[key]):
            answer = client.get_object(Bucket=record.bucket, Key=key)
            if hashlib.sha256(answer["Body"].read()).hexdigest() == digest:
                uploads[key] = Upload(digest, answer["ETag"], answer["VersionId"])
    return uploads


def _etags(client: S3Client, bucket: str) -> dict[str, str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {each["Key"]: each["ETag"] for page in pages for each in page.get("Contents", [])}
