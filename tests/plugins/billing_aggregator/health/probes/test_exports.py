"""The health check tells from the manifests when each system was last exported."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from billing_aggregator.health.probes import exports
from billing_aggregator.health.probes.exports import check_exports
from postgres_to_s3.manifest import MANIFEST_FORMAT, ExportedFile, Manifest, Run
from tests.support.bucket import Bucket
from tests.support.health_target import health_target, rows
from tests.support.script_files import write_scripts

RESULTS = "enercity/local/alpha_alpha_results.manifest.json"
ARCHIVE = "enercity/local/archive/delta/numbers/{day}/numbers.manifest.json"


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A system with results, and one that only archives."""
    write_scripts(tmp_path, "init/alpha/010_build.sql", "archive/delta/numbers.sql")
    return tmp_path


def found(
    monkeypatch: pytest.MonkeyPatch, bucket: Bucket, scripts: Path, **settings: str
) -> dict[str, tuple[str, str, str]]:
    """What the check finds."""
    own = {"BDA_SCRIPTS_DIR": str(scripts), "BDA_SYSTEMS": "alpha"}
    return rows(check_exports(health_target(monkeypatch, bucket.environment | own | settings)))


def write(bucket: Bucket, key: str, run_id: str) -> None:
    """Put a manifest of three rows in one file into the bucket."""
    files = [ExportedFile("x_0000.csv", 3, 30, "0" * 64)]
    run = Run("billing_data_aggregator", run_id, "alpha.export", 1)
    manifest = Manifest(
        format=MANIFEST_FORMAT,
        bucket=bucket.name,
        run=run,
        query_sha256="0" * 64,
        columns=(),
        rows=3,
        bytes=sum(file.bytes for file in files),
        sums={},
        files=tuple(files),
    )
    bucket.client.put_object(Bucket=bucket.name, Key=key, Body=manifest.to_json())


def test_the_newest_manifest_of_each_system_is_its_last_export(
    monkeypatch: pytest.MonkeyPatch, bucket: Bucket, scripts: Path
) -> None:
    write(bucket, RESULTS, "scheduled__1")
    write(bucket, ARCHIVE.format(day="2026-01-30"), "scheduled__1")
    write(bucket, ARCHIVE.format(day="2026-01-31"), "scheduled__2")

    table = found(monkeypatch, bucket, scripts)

    assert [state for state, _, _ in table.values()] == ["ok", "ok"]
    assert table["export alpha"][1].endswith("UTC, 3 rows in 1 file, run 'scheduled__1'")
    assert "run 'scheduled__2'" in table["export delta.numbers"][1]


def test_a_system_that_was_never_exported_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, bucket: Bucket, scripts: Path
) -> None:
    never = ("warning", "never exported, as before the first run", "trigger a run")

    assert found(monkeypatch, bucket, scripts) == {"export alpha": never, "export delta.numbers": never}


@pytest.mark.parametrize(("schedule", "state"), [("0 2 * * *", "warning"), ("0 2 * * 1", "ok"), ("off", "ok")])
def test_an_export_of_a_daily_run_must_not_be_older_than_a_day(
    monkeypatch: pytest.MonkeyPatch, bucket: Bucket, scripts: Path, schedule: str, state: str
) -> None:
    write(bucket, RESULTS, "scheduled__1")
    monkeypatch.setattr(exports, "OLDEST_DAILY_EXPORT", timedelta(hours=-1))

    assert found(monkeypatch, bucket, scripts, BDA_SCHEDULE=schedule)["export alpha"][0] == state


def test_what_is_no_manifest_is_a_failure(monkeypatch: pytest.MonkeyPatch, bucket: Bucket, scripts: Path) -> None:
    bucket.client.put_object(Bucket=bucket.name, Key=RESULTS, Body=json.dumps({"format": 9}).encode())

    state, what, _ = found(monkeypatch, bucket, scripts)["export alpha"]

    assert state == "failed"
    assert what.startswith(f"{RESULTS}: expected a manifest")


def test_scripts_that_cannot_be_read_are_said_so(
    monkeypatch: pytest.MonkeyPatch, bucket: Bucket, tmp_path: Path
) -> None:
    assert "exports" in found(monkeypatch, bucket, tmp_path / "nowhere")
