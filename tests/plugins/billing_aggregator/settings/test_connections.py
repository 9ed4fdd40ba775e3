"""The Airflow connections come from `BDA_DB_*` and `BDA_S3_*` where these say where to go."""

from __future__ import annotations

import json
from typing import Any

from airflow.sdk import Connection

from billing_aggregator.settings.settings import Settings

MINIMUM = {"BDA_CLIENT_ID": "enercity", "BDA_S3_BUCKET": "billing-exports"}
WAREHOUSE = {"BDA_DB_HOST": "octopus.example.com", "BDA_DB_PASSWORD": "p4ss/w@rd"}
KEYS = {"BDA_S3_ACCESS_KEY": "AKIA", "BDA_S3_SECRET_ACCESS_KEY": "s3cr3t"}


def read(**variables: str) -> Settings:
    return Settings.from_environment(MINIMUM | variables)


def connection(settings: Settings, conn_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(settings.connection_variables()[f"AIRFLOW_CONN_{conn_id.upper()}"])
    return found


def test_without_host_and_s3_settings_the_connections_of_airflow_are_used() -> None:
    settings = read()

    assert (settings.warehouse_conn_id, settings.aws_conn_id) == ("octopus", "billing_s3")
    assert settings.connection_variables() == {}


def test_a_host_gives_a_connection_of_its_own() -> None:
    settings = read(**WAREHOUSE, BDA_ENVIRONMENT="prod", BDA_DB_PORT="6432")

    assert settings.warehouse_conn_id == "bda_warehouse_enercity"
    assert connection(settings, "bda_warehouse_enercity") == {
        "conn_type": "postgres",
        "host": "octopus.example.com",
        "port": 6432,
        "schema": "octopus",
        "login": "billing_aggregator",
        "password": "p4ss/w@rd",
        "extra": {
            "connect_timeout": 10,
            "keepalives_idle": 60,
            "keepalives_interval": 10,
            "keepalives_count": 6,
            "application_name": "billing-data-aggregator",
            "sslmode": "require",
        },
    }


def test_tls_is_required_everywhere_but_local() -> None:
    name = "bda_warehouse_enercity"
    required = {
        environment: connection(read(**WAREHOUSE, BDA_ENVIRONMENT=environment), name)["extra"].get("sslmode")
        for environment in ("local", "dev", "stage", "prod")
    }

    assert required == {"local": None, "dev": "require", "stage": "require", "prod": "require"}


def test_a_region_alone_uses_the_execution_role() -> None:
    settings = read(BDA_S3_REGION="eu-west-1")

    assert settings.aws_conn_id == "bda_s3_enercity"
    assert connection(settings, "bda_s3_enercity") == {"conn_type": "aws", "extra": {"region_name": "eu-west-1"}}


def test_keys_are_login_and_password() -> None:
    assert connection(read(**KEYS), "bda_s3_enercity") == {
        "conn_type": "aws",
        "login": "AKIA",
        "password": "s3cr3t",
        "extra": {"region_name": "eu-central-1"},
    }


def test_an_endpoint_is_addressed_by_path() -> None:
    extra = connection(read(**KEYS, BDA_S3_URL="http://localhost:8333"), "bda_s3_enercity")["extra"]

    assert extra["service_config"]["s3"]["endpoint_url"] == "http://localhost:8333"
    assert extra["config_kwargs"]["s3"] == {"addressing_style": "path"}


def test_airflow_reads_the_connections_as_they_are_given() -> None:
    settings = read(**WAREHOUSE, **KEYS, BDA_S3_URL="http://localhost:8333")

    warehouse = Connection.from_json(settings.connection_variables()["AIRFLOW_CONN_BDA_WAREHOUSE_ENERCITY"])
    s3 = Connection.from_json(settings.connection_variables()["AIRFLOW_CONN_BDA_S3_ENERCITY"])

    assert (warehouse.host, warehouse.password, warehouse.schema) == (
        "octopus.example.com",
        "p4ss/w@rd",
        "octopus",
    )
    assert warehouse.extra_dejson["connect_timeout"] == 10
    assert (s3.login, s3.password) == ("AKIA", "s3cr3t")
    assert s3.extra_dejson["service_config"]["s3"]["endpoint_url"] == "http://localhost:8333"
