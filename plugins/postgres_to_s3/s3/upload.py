"""A file of an export on its way to S3: its parts, size and checksums, and how to know it again in the bucket."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from postgres_to_s3.manifest import ExportedFile

# S3 servers other than AWS may not know the checksum.
PART_PROOFS = ("ETag", "ChecksumCRC32")
CHECKSUM = "ChecksumCRC32"

Answer = Mapping[str, Any]
Part = bytes | bytearray


class Upload:
    """Counts and checks the bytes of chunk ``index`` and hands its parts on.

    :param send_part: sends a part, given its number from 1 on; None instead of an answer in a dry run
    """

    def __init__(self, index: int, key: str, send_part: Callable[[int, Part], Future[Answer] | None]) -> None:
        self.index = index
        self.key = key
        self.rows = 0
        self.bytes = 0
        self._send_part = send_part
        self._sha256 = hashlib.sha256()
        self._parts: list[dict[str, Any]] = []
        self._pending: deque[Future[Answer]] = deque()
        self._count = 0

    def send(self, part: Part) -> None:
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

    def parts(self) -> list[dict[str, Any]]:
        """The parts as S3 confirmed them; waits for the last one.

        :raises Exception: the error of the first part that failed
        """
        while self._pending:
            self._confirm_next()
        return self._parts

    def _confirm_next(self) -> None:
        """Keep of an answer only what is needed of it: a large file has thousands of parts."""
        answer = self._pending[0].result()
        proofs = {name: answer[name] for name in PART_PROOFS if name in answer}
        self._parts.append({"PartNumber": len(self._parts) + 1} | proofs)
        self._pending.popleft()

    def is_object(self, description: Answer) -> bool:
        """Whether an object, as HeadObject describes it, holds the bytes of this upload."""
        parts = self.parts()
        if description["ContentLength"] != self.bytes:
            return False
        if CHECKSUM in description and all(CHECKSUM in part for part in parts):
            return bool(description[CHECKSUM] == _checksum_of(parts))
        return bool(description["ETag"] == _etag_of(parts))

    def exported_file(self, version_id: str | None = None) -> ExportedFile:
        """The file as the manifest lists it."""
        return ExportedFile(self.key, self.rows, self.bytes, self._sha256.hexdigest(), version_id)


def _checksum_of(parts: list[dict[str, Any]]) -> str:
    """The checksum of an object by those of its parts, as S3 makes it."""
    joined = b"".join(base64.b64decode(part[CHECKSUM]) for part in parts)
    return f"{base64.b64encode(zlib.crc32(joined).to_bytes(4, 'big')).decode()}-{len(parts)}"


def _etag_of(parts: list[dict[str, Any]]) -> str:
    joined = b"".join(bytes.fromhex(part["ETag"].strip('"')) for part in parts)
    return f'"{hashlib.md5(joined, usedforsecurity=False).hexdigest()}-{len(parts)}"'
