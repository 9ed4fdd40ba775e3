"""Reads a published export again and compares it with its manifest, in constant memory."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Mapping
from typing import Any

from postgres_to_s3.checks.sums import CsvTotals, sum_problems
from postgres_to_s3.columns import Column
from postgres_to_s3.manifest import read_manifest
from postgres_to_s3.options.csv_dialect import CsvDialect

BLOCK_BYTES = 1024 * 1024


class _HashedBody(io.RawIOBase):
    """The body of an S3 object that is measured while it is read."""

    def __init__(self, body: Any) -> None:
        self.bytes = 0
        self.sha256 = hashlib.sha256()
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as there are bytes."""
        block = self._body.read(len(buffer))
        buffer[: len(block)] = block
        self.bytes += len(block)
        self.sha256.update(block)
        return len(block)


def verify_export(client: Any, bucket: str, manifest_key: str) -> list[str]:
    """Read every file that a manifest names, and compare bytes, checksums, rows and sums with what it says.

    Where the manifest knows the version of an object, that one is read, so that an export can be verified while the
    next one is published.

    :param client: a boto3 S3 client; it reads the manifest and the files, and writes nothing
    :return: a sentence for each problem, none if the export is whole
    :raises botocore.exceptions.ClientError: S3 refuses to answer for another reason than a missing object
    """
    document = _read_manifest(client, bucket, manifest_key)
    if isinstance(document, str):
        return [document]
    columns = [Column(**column) for column in document["columns"]]
    dialect = CsvDialect(**document["csv"])
    files = {file["key"]: (file, CsvTotals(columns, dialect)) for file in document["files"]}
    problems = [
        problem
        for file, totals in files.values()
        for problem in _file_problems(client, bucket, file, totals, document["compression"])
    ]
    if not problems:
        found = sum_problems(document["sums"], [totals for _, totals in files.values()])
        problems = [f"{manifest_key!r}: {problem} in all files" for problem in found]
    return problems + _total_problems(document, manifest_key)


def _total_problems(document: Mapping[str, Any], manifest_key: str) -> list[str]:
    totals = {figure: sum(file[figure] for file in document["files"]) for figure in ("rows", "bytes")}
    return [
        f"{manifest_key!r}: expected {document[figure]} {figure} in all files, found {total}"
        for figure, total in totals.items()
        if total != document[figure]
    ]


def _read_manifest(client: Any, bucket: str, key: str) -> dict[str, Any] | str:
    try:
        body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return read_manifest(body)
    except client.exceptions.NoSuchKey:
        return f"{key!r}: expected a manifest, found no object"
    except ValueError as error:
        return f"{key!r}: {error}"


def _file_problems(client: Any, bucket: str, file: Mapping[str, Any], totals: CsvTotals, compression: str) -> list[str]:
    key = file["key"]
    version = {"VersionId": file["version_id"]} if file["version_id"] else {}
    try:
        body = _HashedBody(client.get_object(Bucket=bucket, Key=key, **version)["Body"])
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "NoSuchVersion"):
            raise
        return [f"{key!r}: expected {file['bytes']} bytes, found no object"]
    try:
        _read(body, totals, compression)
    except (zlib.error, gzip.BadGzipFile, EOFError) as error:
        return [f"{key!r}: expected gzip, found damaged data: {error}"]
    except (UnicodeDecodeError, csv.Error) as error:
        return [f"{key!r}: expected CSV, found damaged data: {error}"]
    figures = {"bytes": body.bytes, "sha256": body.sha256.hexdigest(), "rows": totals.rows}
    return [f"{key!r}: expected {name} {file[name]}, found {now}" for name, now in figures.items() if now != file[name]]


def _read(body: _HashedBody, totals: CsvTotals, compression: str) -> None:
    blocks = io.BufferedReader(body, BLOCK_BYTES)
    unpacked: Any = gzip.GzipFile(fileobj=blocks) if compression == "gzip" else blocks
    totals.read(unpacked)
