"""An environment of the emulated MWAA as a deployment leaves it: package, secret of the warehouse, role for S3."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property

import boto3
import pytest

from deployment.package import write_package
from local.airflow.runs.run_log import RunLog
from local.servers.stack import Stack
from tests.deployment.settings_files import SETTINGS, write_settings
from tests.support.airflow_image import AirflowImage
from tests.support.bucket import Bucket
from tests.support.mwaa_container import Container, start_container
from tests.support.warehouse import Warehouse, create_warehouse

# `airflow`, which before 3.3 builds the API of its tasks anew for each task of `dags test`: seconds, for nothing.
AIRFLOW = """
import functools
from airflow.__main__ import main
from airflow.sdk.execution_time import supervisor
supervisor.in_process_api_server = functools.lru_cache(maxsize=1)(supervisor.in_process_api_server)
main()
"""


@dataclass
class Site:
    """The servers, and the environments that were deployed so far, by the name of their image."""

    stack: Stack
    sample_template: str
    secrets_manager: str
    directories: pytest.TempPathFactory
    deployed: dict[str, Deployed] = field(default_factory=dict)


@dataclass
class Deployed:
    """One environment, with a warehouse and a bucket of its own."""

    container: Container
    bucket: Bucket

    @cached_property
    def run(self) -> RunLog:
        """One run of the DAG by `airflow dags test`, which happens at its first mention."""
        day = datetime.now(UTC).date().isoformat()
        conf = json.dumps({"business_date": day})
        words = ("dags", "test", "billing_data_aggregator", "--conf", conf)
        output = self.container.run("-P", "-c", AIRFLOW, *words, program="python")
        log = RunLog()
        log.exit_code = 0
        for line in output.splitlines():
            log.read(line)
        return log

    def digests(self) -> dict[str, str]:
        """SHA-256 of each CSV file that the run has exported, by key."""
        assert self.run.report
        keys = [key for key in self.bucket.keys() if key.endswith(".csv")]
        return {key: hashlib.sha256(self.bucket.read(key)).hexdigest() for key in keys}


def deploy(site: Site, image: AirflowImage) -> Deployed:
    """The environment with this image; deployed at its first mention."""
    name = image.folder.name
    if name not in site.deployed:
        number = len(site.deployed) + 1
        warehouse = create_warehouse(site.stack, f"mwaa_{number}", site.sample_template)
        bucket = Bucket(f"mwaa-{number}", site.stack.s3_client(), site.stack.bucket_environment(f"mwaa-{number}"))
        bucket.client.create_bucket(Bucket=bucket.name)
        bucket.client.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
        site.deployed[name] = Deployed(_start(site, image, warehouse, bucket, f"billing-{number}"), bucket)
    return site.deployed[name]


def _start(site: Site, image: AirflowImage, warehouse: Warehouse, bucket: Bucket, prefix: str) -> Container:
    folder = site.directories.mktemp("mwaa")
    # The newest release takes the package of MWAA's newest.
    version = image.airflow if image.is_of_mwaa else SETTINGS["MWAA_VERSION"]
    environments = write_settings(folder / "environments", MWAA_VERSION=version, BDA_S3_BUCKET=bucket.name)
    package = write_package(folder / "dist", "test", environments=environments)
    role = {
        "AWS_ACCESS_KEY_ID": bucket.environment["BDA_S3_ACCESS_KEY"],
        "AWS_SECRET_ACCESS_KEY": bucket.environment["BDA_S3_SECRET_ACCESS_KEY"],
        "AWS_ENDPOINT_URL_S3": bucket.environment["BDA_S3_URL"],
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": site.secrets_manager,
    }
    _store_connection(site.secrets_manager, prefix, warehouse)
    console = {
        "secrets.backend": "airflow.providers.amazon.aws.secrets.secrets_manager.SecretsManagerBackend",
        "secrets.backend_kwargs": json.dumps(
            {
                "connections_prefix": f"{prefix}/connections",
                "variables_prefix": f"{prefix}/variables",
                "connections_lookup_pattern": "^(?!aws_default$).*$",
            }
        ),
    }
    container = start_container(
        image, package.folder, folder / "home", role=role, console=console, installs=image.is_of_mwaa
    )
    container.run("db", "migrate")
    return container


def _store_connection(secrets_manager: str, prefix: str, warehouse: Warehouse) -> None:
    """Put the connection `octopus` into Secrets Manager, in the form of docs/deployment.md."""
    variables = warehouse.environment
    connection = {
        "conn_type": "postgres",
        "host": variables["BDA_DB_HOST"],
        "port": int(variables["BDA_DB_PORT"]),
        "schema": variables["BDA_DB_NAME"],
        "login": variables["BDA_DB_USER"],
        "password": variables["BDA_DB_PASSWORD"],
        "extra": {"sslmode": "prefer", "keepalives_idle": 60},
    }
    client = boto3.client(
        "secretsmanager",
        endpoint_url=secrets_manager,
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    client.create_secret(Name=f"{prefix}/connections/octopus", SecretString=json.dumps(connection))
