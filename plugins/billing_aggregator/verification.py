"""Reads a published export again and compares it with its manifest, in constant memory."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from billing_aggregator.manifest import read_manifest

BLOCK_BYTES = 1024 * 1024
GZIP_FORMAT = 16 + zlib.MAX_WBITS


@dataclass
class _Found:
    """What a file turned out to hold."""

    bytes: int = 0
    sha256: Any = field(default_factory=hashlib.sha256)
    lines: int = 0


def verify_export(client: Any, bucket: str, manifest_key: str) -> list[str]:
    """Read every file that a manifest names, and compare bytes, checksums and rows with what it says.

    Where the manifest knows the version of an object, that one is read, so that an export can be verified while the
    next one is published.

    :param client: a boto3 S3 client; it reads the manifest and the files, and writes nothing
    :return: a sentence for each problem, none if the export is whole
    :raises botocore.exceptions.ClientError: S3 refuses to answer for another reason than a missing object
    """
    document = _read_manifest(client, bucket, manifest_key)
    if isinstance(document, str):
        return [document]
    files = document["files"]
    problems = [problem for file in files for problem in _file_problems(client, bucket, file, document)]
    for figure in ("rows", "bytes"):
        total = sum(file[figure] for file in files)
        if total != document[figure]:
            problems.append(f"{manifest_key!r}: expected {document[figure]} {figure} in all files, found {total}")
    return problems


def _read_manifest(client: Any, bucket: str, key: str) -> dict[str, Any] | str:
    try:
        body = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return read_manifest(body)
    except client.exceptions.NoSuchKey:
        return f"{key!r}: expected a manifest, found no object"
    except ValueError as error:
        return f"{key!r}: {error}"


def _file_problems(client: Any, bucket: str, file: Mapping[str, Any], document: Mapping[str, Any]) -> list[str]:
    key = file["key"]
    version = {"VersionId": file["version_id"]} if file["version_id"] else {}
    try:
        body = client.get_object(Bucket=bucket, Key=key, **version)["Body"]
    except client.exceptions.ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "NoSuchVersion"):
            raise
        return [f"{key!r}: expected {file['bytes']} bytes, found no object"]
    dialect = document["csv"]
    try:
        found = _read(body.iter_chunks(BLOCK_BYTES), document["compression"], dialect["quote"].encode())
    except zlib.error as error:
        return [f"{key!r}: expected gzip, found damaged data: {error}"]
    figures = {
        "bytes": found.bytes,
        "sha256": found.sha256.hexdigest(),
        "rows": found.lines - dialect["header"],
    }
    return [f"{key!r}: expected {name} {file[name]}, found {now}" for name, now in figures.items() if now != file[name]]


def _read(blocks: Iterator[bytes], compression: str, quote: bytes) -> _Found:
    found = _Found()
    unpack = zlib.decompressobj(GZIP_FORMAT).decompress if compression == "gzip" else bytes
    is_quoted = False
    for block in blocks:
        found.bytes += len(block)
        found.sha256.update(block)
        # Every second piece is inside quotes, where a line break is part of a value; a doubled quote changes nothing.
        pieces = unpack(block).split(quote)
        found.lines += sum(piece.count(b"\n") for piece in pieces[is_quoted::2])
        is_quoted ^= len(pieces) % 2 == 0
    return found
