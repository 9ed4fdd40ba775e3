"""The Airflow connections that settings give: their ids, and what Airflow reads them from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeAlias

from billing_aggregator.settings.variables import Variables

WAREHOUSE_ID = "bda_warehouse"
AWS_ID = "bda_s3"
# What Airflow itself provides where the settings say nothing. The ids differ on purpose: a secrets backend that knows
# these cannot win against the settings.
AIRFLOW_WAREHOUSE_ID = "octopus"
AIRFLOW_AWS_ID = "billing_s3"

Json: TypeAlias = "str | int | Mapping[str, Json]"


def connection_variables(variables: Variables, *, has_own_s3: bool) -> dict[str, str]:
    """The environment variables `AIRFLOW_CONN_<ID>` from which Airflow reads the connections: JSON with secrets."""
    connections = {}
    if variables.db_host:
        connections[WAREHOUSE_ID] = _warehouse_connection(variables)
    if has_own_s3:
        connections[AWS_ID] = _s3_connection(variables)
    return {f"AIRFLOW_CONN_{name.upper()}": json.dumps(found) for name, found in connections.items()}


def _warehouse_connection(variables: Variables) -> Mapping[str, Json]:
    extra: dict[str, Json] = {
        "connect_timeout": 10,
        "keepalives_idle": 60,
        "keepalives_interval": 10,
        "keepalives_count": 6,
        "application_name": "billing-data-aggregator",
    }
    if variables.environment != "local":
        extra["sslmode"] = "require"
    return {
        "conn_type": "postgres",
        "host": variables.db_host or "",
        "port": variables.db_port,
        "schema": variables.db_name,
        "login": variables.db_user,
        "password": variables.db_password.get_secret_value() if variables.db_password else "",
        "extra": extra,
    }


def _s3_connection(variables: Variables) -> Mapping[str, Json]:
    extra: dict[str, Json] = {"region_name": variables.s3_region}
    connection: dict[str, Json] = {"conn_type": "aws", "extra": extra}
    if variables.s3_access_key and variables.s3_secret_access_key:
        connection["login"] = variables.s3_access_key.get_secret_value()
        connection["password"] = variables.s3_secret_access_key.get_secret_value()
    if variables.s3_url:
        # S3 servers other than AWS have no host name per bucket and may not know the newer checksums.
        # Of S3 only: alerts and metrics go to AWS through the same connection.
        extra["service_config"] = {"s3": {"endpoint_url": variables.s3_url}}
        extra["config_kwargs"] = {
            "s3": {"addressing_style": "path"},
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
        }
    return connection
