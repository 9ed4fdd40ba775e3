"""A file of an export on its way to S3: its parts, size and checksums, and how to know it again in the bucket."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING

from postgres_to_s3.manifest import ExportedFile
from postgres_to_s3.s3.requests import CHECKSUM, Description

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

SendPart = Callable[[int, bytes | bytearray], "Future[CompletedPartTypeDef] | None"]


class Upload:
    """The file of one chunk: counts and checks its bytes and hands its parts on.

    :param chunk: the chunk's number
    :param send_part: sends a part, given its number from 1 on; returns None in a dry run, where nothing is sent
    """

    def __init__(self, chunk: int, key: str, send_part: SendPart) -> None:
        self.chunk = chunk
        self.key = key
        self.rows = 0
        self.bytes = 0
        self._send_part = send_part
        self._sha256 = hashlib.sha256()
        self._parts: list[CompletedPartTypeDef] = []
        self._pending: deque[Future[CompletedPartTypeDef]] = deque()
        self._count = 0

    def send(self, part: bytes | bytearray) -> None:
        """Take the next part; waits while the threads are busy, so that memory stays bounded."""
        self.bytes += len(part)
        self._sha256.update(part)
        self._count += 1
        if answer := self._send_part(self._count, part):
            self._pending.append(answer)
        while self._pending and self._pending[0].done():
            self._confirm_next()

    def finish(self, rows: int) -> None:
        """All parts were sent; the file holds this many data rows."""
        self.rows = rows

    def parts(self) -> list[CompletedPartTypeDef]:
        """The parts as S3 confirmed them; waits for the last one.

        :raises Exception: the error of the first part that failed
        """
        while self._pending:
            self._confirm_next()
        return self._parts

    def is_object(self, description: Description) -> bool:
        """Whether an object, as S3 describes it, holds the bytes of this upload."""
        parts = self.parts()
        if description.bytes != self.bytes:
            return False
        if description.checksum and all(CHECKSUM in part for part in parts):
            return description.checksum == _checksum_of(parts)
        return description.etag == _etag_of(parts)

    def exported_file(self, version_id: str | None = None) -> ExportedFile:
        """The file as the manifest lists it."""
        return ExportedFile(self.key, self.rows, self.bytes, self._sha256.hexdigest(), version_id)

    def _confirm_next(self) -> None:
        """Take the answer to the next part; one that failed stays the next, so that the file cannot lack it."""
        self._parts.append(self._pending[0].result())
        self._pending.popleft()


def _checksum_of(parts: Sequence[CompletedPartTypeDef]) -> str:
    """The checksum of an object by those of its parts, as S3 makes it."""
    joined = b"".join(base64.b64decode(part[CHECKSUM]) for part in parts)
    return f"{base64.b64encode(zlib.crc32(joined).to_bytes(4, 'big')).decode()}-{len(parts)}"


def _etag_of(parts: Sequence[CompletedPartTypeDef]) -> str:
    """The entity tag of an object by those of its parts, as S3 makes it."""
    joined = b"".join(bytes.fromhex(part["ETag"].strip('"')) for part in parts)
    return f'"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(parts)}"'
