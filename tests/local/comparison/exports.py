"""Writes exports for comparisons: files and the manifest that promises their bytes."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path

from postgres_to_s3.columns import Column
from postgres_to_s3.manifest import MANIFEST_FORMAT, ExportedFile, Manifest, Run
from postgres_to_s3.options.csv_dialect import RFC4180, CsvDialect

BUCKET = "bucket"


def promised(key: str, content: bytes, rows: int, version_id: str | None = None) -> ExportedFile:
    """What a manifest says about a file with this content."""
    return ExportedFile(key, rows, len(content), hashlib.sha256(content).hexdigest(), version_id)


def manifest(
    types: Mapping[str, str], *files: ExportedFile, dialect: CsvDialect = RFC4180, bucket: str = BUCKET
) -> bytes:
    """The manifest of these files, whose columns have these types."""
    return Manifest(
        format=MANIFEST_FORMAT,
        bucket=bucket,
        run=Run("d", "r", "t", 1),
        query_sha256="",
        csv=dialect,
        columns=tuple(Column(name, kind) for name, kind in types.items()),
        rows=sum(file.rows for file in files),
        bytes=sum(file.bytes for file in files),
        sums={},
        files=files,
    ).to_json()


def write_export(folder: Path, types: Mapping[str, str], *rows: str, dialect: CsvDialect = RFC4180) -> Path:
    """Write an export of one packed file with these lines; returns its manifest."""
    folder.mkdir(parents=True)
    lines = "".join(f"{row}{dialect.line_end}" for row in rows)
    content = gzip.compress(dialect.file_start(types) + lines.encode())
    (folder / "x_0000.csv.gz").write_bytes(content)
    path = folder / "x.manifest.json"
    path.write_bytes(manifest(types, promised("prod/x_0000.csv.gz", content, len(rows)), dialect=dialect))
    return path
