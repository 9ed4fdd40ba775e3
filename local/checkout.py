"""Where this checkout is, and the folders in it that the commands fill."""

from __future__ import annotations

from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
EXPORTS = REPO / "exports"
