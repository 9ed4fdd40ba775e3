"""Compresses the files of an export on their way to S3, with the same bytes for the same rows."""

from __future__ import annotations

import zlib
from concurrent.futures import ThreadPoolExecutor

from postgres_to_s3.files.chunk_writer import ChunkFile
from postgres_to_s3.threads import OneBehind

try:  # a fifth of zlib's CPU time for the same size
    from isal import isal_zlib as deflate
except ImportError:
    import zlib as deflate  # type: ignore[no-redef]

LEVEL = 1
# Size of the parts that are compressed: enough to keep the compressing thread busy, little enough to fit in memory.
UNCOMPRESSED_PART_BYTES = 1024 * 1024
# A gzip header and trailer, as zlib writes it: no file name and no time, so equal rows give equal bytes.
GZIP_FORMAT = 16 + zlib.MAX_WBITS


class GzipFile:
    """Compresses the parts of a file and cuts the result into parts again, since S3 refuses parts below 5 MiB.

    One part is compressed in another thread while the caller collects the next.

    :param file: where the compressed parts go
    :param part_bytes: size of the compressed parts
    """

    def __init__(self, file: ChunkFile, part_bytes: int, threads: ThreadPoolExecutor) -> None:
        self._file = file
        self._part_bytes = part_bytes
        self._compressor = deflate.compressobj(LEVEL, zlib.DEFLATED, GZIP_FORMAT)
        self._part = bytearray()
        self._compressing = OneBehind(threads)

    def send(self, part: bytes | bytearray) -> None:
        """Take the next part; waits until the one before is compressed."""
        self._compressing.start(self._compress, part)

    def finish(self, rows: int) -> None:
        """Write what is left; the file holds this many data rows."""
        self._compressing.wait()
        self._part += self._compressor.flush()
        self._file.send(self._part)
        self._file.finish(rows)

    def _compress(self, part: bytes | bytearray) -> None:
        self._part += self._compressor.compress(part)
        if len(self._part) >= self._part_bytes:
            self._file.send(self._part)
            self._part = bytearray()
