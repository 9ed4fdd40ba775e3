"""Uploads standard input as one object of the bench's bucket: the last stage of the shell pipeline."""

from __future__ import annotations

import os
import sys

from benchmarks.ways import BUCKET, bench_client


def main() -> None:
    """Read the key's end from FILE, which `split --filter` sets."""
    bench_client().upload_fileobj(sys.stdin.buffer, BUCKET, f"shell/{os.environ['FILE']}.csv")


if __name__ == "__main__":
    main()
