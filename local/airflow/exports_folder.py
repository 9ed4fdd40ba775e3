"""Copies a bucket to a folder, so that a person can open its files."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def mirror_bucket(client: S3Client, bucket: str, folder: Path) -> Path:
    """Make ``folder/<bucket>`` hold what the bucket holds, under the same keys.

    :return: the bucket's folder
    """
    target = folder / bucket
    shutil.rmtree(target, ignore_errors=True)
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for entry in page.get("Contents", []):
            file = target / entry["Key"]
            file.parent.mkdir(parents=True, exist_ok=True)
            client.download_file(bucket, entry["Key"], str(file))
    return target
