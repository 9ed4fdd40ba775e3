"""The manifest of an export: which files it consists of and the control totals a consumer can check them against."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from postgres_to_s3.columns import Column
from postgres_to_s3.options.csv_dialect import RFC4180, CsvDialect

MANIFEST_FORMAT = 1


@dataclass(frozen=True)
class ControlTotals:
    """What the warehouse says about the rows of one snapshot.

    :param rows: number of rows
    :param sums: per column of an exact numeric type (``summed_columns``) its sum as decimal text; None when all values
        are null
    """

    rows: int
    sums: Mapping[str, str | None]


@dataclass(frozen=True)
class ExportedFile:
    """A published file of an export.

    :param rows: data rows, not counting the header
    :param bytes: size of the object, header included
    :param sha256: of the object's bytes, hexadecimal
    :param version_id: the object's version in a bucket with versioning, else None
    """

    key: str
    rows: int
    bytes: int
    sha256: str
    version_id: str | None = None


@dataclass(frozen=True)
class Run:
    """Which attempt of which task wrote an export."""

    dag_id: str
    run_id: str
    task_id: str
    attempt: int

    def metadata(self) -> dict[str, str]:
        """The same as metadata of an S3 object."""
        return {name.replace("_", "-"): str(value) for name, value in asdict(self).items()}


@dataclass(frozen=True)
class Manifest:
    """Everything a consumer needs to read an export and to prove it complete."""

    bucket: str
    run: Run
    query_sha256: str
    columns: Sequence[Column]
    totals: ControlTotals
    files: Sequence[ExportedFile]
    dialect: CsvDialect = RFC4180
    compression: str = "none"

    def to_json(self) -> bytes:
        """The manifest as UTF-8 JSON with a stable key order."""
        document = {
            "format": MANIFEST_FORMAT,
            "bucket": self.bucket,
            "run": asdict(self.run),
            "query_sha256": self.query_sha256,
            "csv": asdict(self.dialect),
            "compression": self.compression,
            "columns": [asdict(column) for column in self.columns],
            "rows": self.totals.rows,
            "bytes": sum(file.bytes for file in self.files),
            "sums": dict(self.totals.sums),
            "files": [asdict(file) for file in self.files],
        }
        return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def read_manifest(document: bytes) -> dict[str, Any]:
    """A manifest as the mapping that ``Manifest.to_json`` wrote.

    :raises ValueError: it is no manifest of a format that is known here
    """
    try:
        found = json.loads(document)
    except ValueError as error:
        raise ValueError(f"expected a manifest, found no JSON: {error}") from error
    version = found.get("format") if isinstance(found, dict) else None
    if version != MANIFEST_FORMAT:
        raise ValueError(f"expected a manifest of format {MANIFEST_FORMAT}, found format {version!r}")
    return dict(found)


def query_hash(query: str) -> str:
    """SHA-256 of a query's text: tells whether two exports asked the warehouse the same question."""
    return hashlib.sha256(query.encode()).hexdigest()
