"""One Airflow for all tests of the folder, as `make ui` starts it, on a small tree of scripts."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from local.airflow.environment import pipeline_environment
from local.airflow.process import AIRFLOW
from local.airflow.service import airflow_service
from local.servers.host.processes import free_ports
from local.servers.postgres.role_and_database import METADATA_DATABASE
from local.servers.stack import Stack
from tests.scheduler.running_airflow import OTHER_METADATA, RunningAirflow
from tests.scheduler.small_tree import ALPHA_FILE, CURRENT, SOURCES, Shop, write_tree
from tests.support.aws_server import AwsServer, aws_server
from tests.support.bucket import temporary_bucket
from tests.support.warehouse import create_warehouse, temporary_warehouse

# Hours since the last 02:00 of the schedule, so to speak: the tests are always run in the daytime.
HOURS_AFTER_THE_SCHEDULE = 6


@pytest.fixture(scope="session")
def shop(stack: Stack, empty_template: str) -> Iterator[Shop]:
    """The sources of the tree and a bucket with versioning."""
    with (
        temporary_warehouse(stack, "shop", empty_template) as warehouse,
        temporary_bucket(stack, "shop", has_versions=True) as bucket,
    ):
        warehouse.execute(SOURCES)
        yield Shop(warehouse, bucket)


@pytest.fixture(scope="session")
def aws() -> Iterator[AwsServer]:
    """The topic that the runs of the folder are told to."""
    with aws_server() as server:
        yield server


@pytest.fixture(scope="session")
def running_airflow(
    stack: Stack, shop: Shop, aws: AwsServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningAirflow]:
    """Airflow's API server, scheduler and DAG processor; the DAG is unpaused."""
    folder = tmp_path_factory.mktemp("airflow")
    write_tree(folder / "sql")
    environment = _environment(stack, shop, aws, folder)
    subprocess.run([AIRFLOW, "db", "migrate"], env=environment, check=True, capture_output=True)
    create_warehouse(stack, OTHER_METADATA, METADATA_DATABASE)
    with airflow_service(environment, folder) as service:
        service.wait_until_ready(print)
        scheduler = next(each for each in psutil.Process().children() if _is_scheduler(each))
        airflow = RunningAirflow(service.url, psutil.Process(scheduler.pid), scheduler.environ())
        airflow.pause(is_paused=False)
        yield airflow


@pytest.fixture
def airflow(running_airflow: RunningAirflow) -> Iterator[RunningAirflow]:
    """The running Airflow; runs that a failed test leaves behind are ended."""
    yield running_airflow
    running_airflow.end_all_runs()


@pytest.fixture
def delivered(airflow: RunningAirflow, shop: Shop) -> None:
    """Results, files, archive and history of today are there, as an earlier test has left them or a run makes them."""
    if CURRENT not in shop.files() or shop.files()[CURRENT] != ALPHA_FILE:
        assert airflow.run(systems=["alpha"]).state == "success"


def _environment(stack: Stack, shop: Shop, aws: AwsServer, folder: Path) -> dict[str, str]:
    due = datetime.now(UTC) - timedelta(hours=HOURS_AFTER_THE_SCHEDULE)
    own = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "BDA_"))},
        **shop.warehouse.environment,
        **shop.bucket.environment,
        **aws.environment,
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": stack.metadata_dsn(),
        "AIRFLOW__API__PORT": str(free_ports(1)[0]),
        # A worker that is gone is found out within seconds instead of minutes.
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "10",
        "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
        "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "15",
        "BDA_SCRIPTS_DIR": str(folder / "sql"),
        "BDA_SYSTEMS": "alpha,beta",
        "BDA_SCHEDULE": f"{due.minute} {due.hour} * * *",
        # The run of the last night is late as soon as it starts.
        "BDA_DEADLINE": f"{due + timedelta(hours=1):%H:%M}",
        "BDA_ALERT_TOPIC_ARN": aws.topic_arn,
        "BDA_METRICS_NAMESPACE": "Billing",
        "BDA_LOG_LEVEL": "debug",
    }
    return pipeline_environment(stack, own)


def _is_scheduler(process: psutil.Process) -> bool:
    return any("scheduler" in word for word in process.cmdline())
