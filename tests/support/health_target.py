"""The target of a health check on the warehouse and bucket of a test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from billing_aggregator.health.findings import Finding
from billing_aggregator.health.target import HealthTarget
from billing_aggregator.settings.settings import Settings
from tests.support.repository import REPO

REQUIRED = {"BDA_CLIENT_ID": "enercity", "BDA_ENVIRONMENT": "local", "BDA_S3_BUCKET": "billing-exports"}


def health_target(
    monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str], dags_folder: Path = REPO / "dags"
) -> HealthTarget:
    """That of these variables; Airflow gets the connections that they give."""
    settings = Settings.from_environment(REQUIRED | environment)
    for name, value in settings.connection_variables().items():
        monkeypatch.setenv(name, value)
    return HealthTarget.of(settings, dags_folder)


def rows(findings: Sequence[Finding]) -> dict[str, tuple[str, str, str]]:
    """State, what was found and the remedy, by what was looked at."""
    found = {each.check: (str(each.state), each.found, each.remedy) for each in findings}
    assert len(found) == len(findings), findings
    return found
