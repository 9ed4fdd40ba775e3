"""The Airflow connections that settings give: their ids, and what Airflow reads them from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from billing_aggregator.settings.variables import Variables

Json: TypeAlias = "str | int | Mapping[str, Json]"


@dataclass(frozen=True)
class ConnectionIds:
    """The ids of a client's connections.

    Those that settings give hold the client's name: processes that know several clients, or parse copies of a DAG file,
    must never reach the warehouse of another one. They differ from those that Airflow provides where the settings say
    nothing, so that a secrets backend that knows these cannot win against the settings.

    :param is_one_of_many: there are other clients: those that Airflow provides are the client's own, too
    """

    client_id: str
    is_one_of_many: bool = False

    @property
    def warehouse(self) -> str:
        """That of the settings."""
        return f"bda_warehouse_{self._name}"

    @property
    def aws(self) -> str:
        """That of the settings."""
        return f"bda_s3_{self._name}"

    @property
    def airflow_warehouse(self) -> str:
        """That which Airflow provides."""
        return f"octopus_{self._name}" if self.is_one_of_many else "octopus"

    @property
    def airflow_aws(self) -> str:
        """That which Airflow provides."""
        return f"billing_s3_{self._name}" if self.is_one_of_many else "billing_s3"

    @property
    def _name(self) -> str:
        """The client as part of the name of an environment variable."""
        return re.sub("[^a-z0-9]", "_", self.client_id.lower())


def connection_variables(variables: Variables, ids: ConnectionIds, *, has_own_s3: bool) -> dict[str, str]:
    """The environment variables `AIRFLOW_CONN_<ID>` from which Airflow reads the connections: JSON with secrets."""
    connections = {}
    if variables.db_host:
        connections[ids.warehouse] = _warehouse_connection(variables)
    if has_own_s3:
        connections[ids.aws] = _s3_connection(variables)
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
