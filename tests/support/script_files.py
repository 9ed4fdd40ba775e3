"""Writes script trees for tests."""

from __future__ import annotations

from pathlib import Path


def write_scripts(root: Path, *paths: str) -> None:
    """Write one SQL statement, which tells the path, to each path below the root."""
    root.mkdir(exist_ok=True)
    for path in paths:
        write_file(root, path, f"select '{path}';\n")


def write_file(root: Path, path: str, content: str | bytes) -> None:
    """Write one file and the folders above it."""
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
