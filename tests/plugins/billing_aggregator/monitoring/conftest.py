"""Fixtures of monitoring: a server in place of AWS, for the tests of this folder together."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.aws_server import AwsServer, aws_server


@pytest.fixture(scope="package")
def running_aws() -> Iterator[AwsServer]:
    with aws_server() as server:
        yield server


@pytest.fixture
def aws(running_aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> AwsServer:
    """The server, as this process finds it; nothing has been published yet."""
    for name, value in running_aws.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AIRFLOW_CONN_BILLING_S3", "aws://")
    running_aws.messages()
    return running_aws
