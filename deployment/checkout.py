"""Where this checkout is, and the folders of it that packaging reads and writes."""

from __future__ import annotations

from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
DIST = REPO / "dist"
DOWNLOADS = REPO / "build" / "wheels"
ENVIRONMENTS = REPO / "deployment" / "environments"
PLATFORMS = REPO / "deployment" / "mwaa"
