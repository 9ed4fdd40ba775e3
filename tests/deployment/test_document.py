"""What docs/deployment.md tells a reader to copy is right."""

from __future__ import annotations

import json
import re

from airflow.sdk import Connection

from tests.support.guide import actions, files
from tests.support.repository import REPO

FILES = files()


def test_the_secret_is_a_connection_that_airflow_reads() -> None:
    connection = Connection.from_json(json.dumps(FILES["octopus.json"]), conn_id="octopus")

    assert (connection.conn_type, connection.host, connection.port) == ("postgres", "octopus.example.internal", 5432)
    assert (connection.schema, connection.login) == ("octopus", "billing_aggregator")
    assert connection.extra_dejson["sslmode"] == "require"


def test_the_policy_allows_what_the_readme_of_the_export_asks_for_and_nothing_on_everything() -> None:
    readme = (REPO / "plugins/postgres_to_s3/README.md").read_text(encoding="utf-8")
    section = readme.partition("\n## Permissions\n")[2].partition("\n## ")[0]
    needed = set(re.findall(r"`((?:s3|kms):\w+)`", section))

    assert needed
    assert needed <= actions(FILES["billing.json"])
    unbounded = [
        each for each in FILES["billing.json"]["Statement"] if each["Resource"] == "*" and "Condition" not in each
    ]
    assert unbounded == []


def test_the_options_of_the_secrets_backend_are_those_that_the_emulated_environments_have() -> None:
    assert json.loads(FILES["options.json"]["secrets.backend_kwargs"]) == {
        "connections_prefix": "airflow/connections",
        "variables_prefix": "airflow/variables",
        "connections_lookup_pattern": "^(?!aws_default$).*$",
    }
