"""Settings files of environments for the tests of packaging."""

from __future__ import annotations

from pathlib import Path

SETTINGS = {
    "MWAA_ENVIRONMENT": "billing-test",
    "MWAA_BUCKET": "billing-mwaa-test",
    "MWAA_REGION": "eu-central-1",
    "MWAA_VERSION": "3.3.1",
    "BDA_CLIENT_ID": "enercity",
    "BDA_ENVIRONMENT": "dev",
    "BDA_S3_BUCKET": "billing-exports-test",
}


def write_settings(folder: Path, *lines: str, **changed: str | None) -> Path:
    """Write `test.env` with the required settings, changed ones, and further lines; None leaves one out."""
    values = {name: value for name, value in (SETTINGS | changed).items() if value is not None}
    folder.mkdir(exist_ok=True)
    text = "\n".join([*(f"{name}={value}" for name, value in values.items()), *lines])
    (folder / "test.env").write_text(text, encoding="utf-8")
    return folder
