"""Airflow's home for the tests: a temporary directory, and in it a metadata database for whoever runs a DAG.

Import it before Airflow, which reads its environment once.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from airflow.models.dagrun import DagRun
    from airflow.sdk import DAG

HOME = Path(tempfile.mkdtemp(prefix="billing-airflow-"))
BUNDLE = "dags-folder"
# Empty: a test hands over the DAG it has built or loaded, and a run parses no other.
DAGS_FOLDER = HOME / "dags"
DAGS_FOLDER.mkdir()
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
os.environ |= {
    "AIRFLOW_HOME": str(HOME),
    "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS_FOLDER),
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
    "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
}


@pytest.fixture(scope="session")
def airflow_home() -> Path:
    """Airflow's home with a migrated metadata database."""
    from airflow.configuration import AIRFLOW_HOME
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.utils.db import initdb
    from airflow.utils.session import create_session

    assert str(HOME) == AIRFLOW_HOME, f"Airflow was imported before {__name__}: it uses {AIRFLOW_HOME!r}"
    initdb()
    with create_session() as session:
        DagBundlesManager().sync_bundles_to_db(session=session)
    return HOME


def run_dag(dag: DAG, **options: Any) -> DagRun:
    """Run a DAG from its first to its last task in this process; `options` are those of ``dag.test()``."""
    from airflow.dag_processing.dagbag import BundleDagBag, sync_bag_to_db

    bag = BundleDagBag(dag_folder=str(DAGS_FOLDER), bundle_path=DAGS_FOLDER, bundle_name=BUNDLE)
    bag.bag_dag(dag)
    sync_bag_to_db(bag, BUNDLE, None)
    return dag.test(**options)
