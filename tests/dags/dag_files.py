"""Loads a DAG file as Airflow does, with the settings a test names."""

from __future__ import annotations

import pytest
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import DAG

from tests.support.repository import REPO

DAGS = REPO / "dags"
SETTINGS = {"BDA_CLIENT_ID": "enercity", "BDA_ENVIRONMENT": "dev", "BDA_S3_BUCKET": "billing-exports-dev"}


def load_dags(monkeypatch: pytest.MonkeyPatch, **settings: str) -> BundleDagBag:
    """Parse the DAGs folder under these settings, on top of the required ones."""
    for name, value in (SETTINGS | settings).items():
        monkeypatch.setenv(name, value)
    return BundleDagBag(dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="dags-folder")


def load_dag(monkeypatch: pytest.MonkeyPatch, dag_id: str = "billing_data_aggregator", **settings: str) -> DAG:
    """One DAG of the folder; fails with Airflow's import errors if there are any."""
    bag = load_dags(monkeypatch, **settings)
    assert not bag.import_errors, "\n".join(bag.import_errors.values())
    return bag.dags[dag_id]
