"""Reads an export as a consumer should: the manifest, then the files it names, in the versions it names."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from typing import Any

from tests.support.bucket import Bucket
from tests.support.export_runner import MANIFEST


@dataclass(frozen=True)
class ReadExport:
    """An export as its consumer sees it: the manifest, and the rows of all files in their order."""

    manifest: dict[str, Any]
    rows: list[tuple[str, ...]]


def read_export(bucket: Bucket, manifest_key: str = MANIFEST) -> ReadExport:
    """The published export; fails when a file is not the one that the manifest describes."""
    manifest = json.loads(bucket.read(manifest_key))
    rows: list[tuple[str, ...]] = []
    for file in manifest["files"]:
        content = bucket.read(file["key"], file["version_id"])
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"]), file["key"]
        header, *found = csv.reader(io.StringIO(content.decode(), newline=""))
        assert header == [column["name"] for column in manifest["columns"]]
        assert len(found) == file["rows"]
        rows += map(tuple, found)
    assert len(rows) == manifest["rows"]
    return ReadExport(manifest, rows)
