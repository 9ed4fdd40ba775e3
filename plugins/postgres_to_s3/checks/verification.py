"""Reads a published export again and compares it with its manifest, in constant memory."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from typing import IO, TYPE_CHECKING

from postgres_to_s3.files.csv_reader import NoCsvError, whole_rows
from postgres_to_s3.files.csv_totals import CsvTotals, sum_problems
from postgres_to_s3.manifest import ExportedFile, Manifest, read_manifest

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client
    from typing_extensions import Buffer

READ_BYTES = 1024 * 1024


class _MeasuredBody(io.RawIOBase):
    """The body of an S3 object that is measured while it is read."""

    def __init__(self, body: StreamingBody) -> None:
        self.bytes = 0
        self.sha256 = hashlib.sha256()
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Fill the buffer as far as there are bytes."""
        view = memoryview(buffer)
        found = self._body.read(len(view))
        view[: len(found)] = found
        self.bytes += len(found)
        self.sha256.update(found)
        return len(found)


def verify_export(client: S3Client, bucket: str, manifest_key: str) -> list[str]:
    """Read every file that a manifest names, and compare bytes, checksums, rows and sums with what it says.

    Where the manifest knows the version of an object, that one is read, so that an export can be verified while the
    next one is published.

    :param client: reads the manifest and the files, and writes nothing
    :return: a sentence for each problem, none if the export is whole
    :raises botocore.exceptions.ClientError: S3 refuses to answer for another reason than a missing object
    """
    try:
        content = client.get_object(Bucket=bucket, Key=manifest_key)["Body"].read()
        manifest = read_manifest(content)
    except client.exceptions.NoSuchKey:
        return [f"{manifest_key!r}: expected a manifest, found no object"]
    except ValueError as error:
        return [f"{manifest_key!r}: {error}"]
    totals = CsvTotals(manifest.columns, manifest.csv)
    problems = []
    for file in manifest.files:
        own = CsvTotals(manifest.columns, manifest.csv)
        problems += _file_problems(client, bucket, manifest, file, own)
        totals.fold(own)
    if not problems:
        problems = [f"{manifest_key!r}: {problem} in all files" for problem in sum_problems(manifest.sums, totals)]
    return problems + [f"{manifest_key!r}: {problem}" for problem in _total_problems(manifest)]


def _total_problems(manifest: Manifest) -> list[str]:
    expected = {"rows": manifest.rows, "bytes": manifest.bytes}
    found = {figure: sum(getattr(file, figure) for file in manifest.files) for figure in expected}
    return [
        f"expected {expected[figure]} {figure} in all files, found {value}"
        for figure, value in found.items()
        if value != expected[figure]
    ]


def _file_problems(
    client: S3Client, bucket: str, manifest: Manifest, file: ExportedFile, totals: CsvTotals
) -> list[str]:
    try:
        if file.version_id:
            answer = client.get_object(Bucket=bucket, Key=file.key, VersionId=file.version_id)
        else:
            answer = client.get_object(Bucket=bucket, Key=file.key)
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "NoSuchVersion"):
            raise
        return [f"{file.key!r}: expected {file.bytes} bytes, found no object"]
    body = _MeasuredBody(answer["Body"])
    damage = [f"{file.key!r}: {problem}" for problem in _damage(body, totals, manifest)]
    expected = {"bytes": file.bytes, "sha256": file.sha256, "rows": file.rows}
    found = {"bytes": body.bytes, "sha256": body.sha256.hexdigest(), "rows": totals.rows}
    return damage + [
        f"{file.key!r}: expected {figure} {expected[figure]}, found {found[figure]}"
        for figure in expected
        if found[figure] != expected[figure]
    ]


def _damage(body: _MeasuredBody, totals: CsvTotals, manifest: Manifest) -> list[str]:
    """Read a file to its end and add up its rows; what keeps it from being read as what it should be."""
    buffered = io.BufferedReader(body, READ_BYTES)
    unpacked: IO[bytes] = gzip.GzipFile(fileobj=buffered) if manifest.compression == "gzip" else buffered  # type: ignore[assignment]
    try:
        for rows in whole_rows(unpacked, manifest.csv.quote):
            totals.add(rows)
    except (zlib.error, gzip.BadGzipFile, EOFError) as error:
        found = f"expected gzip, found damaged data: {error}"
    except NoCsvError as error:
        found = str(error)
    else:
        return []
    while buffered.read(READ_BYTES):
        pass
    return [found]
