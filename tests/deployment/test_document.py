"""What docs/deployment.md tells a reader to copy is right."""

from __future__ import annotations

import json
import re

from airflow.sdk import Connection

from tests.support.repository import REPO

DOCUMENT = (REPO / "docs" / "deployment.md").read_text(encoding="utf-8")
SECRET, POLICY = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", DOCUMENT, re.DOTALL))


def test_the_secret_is_a_connection_that_airflow_reads() -> None:
    connection = Connection.from_json(json.dumps(SECRET), conn_id="octopus")

    assert (connection.conn_type, connection.host, connection.port) == ("postgres", "octopus.example.internal", 5432)
    assert (connection.schema, connection.login) == ("octopus", "billing_aggregator")
    assert connection.extra_dejson["sslmode"] == "require"


def test_the_policy_allows_what_the_readme_of_the_export_asks_for_and_nothing_on_everything() -> None:
    readme = (REPO / "plugins/postgres_to_s3/README.md").read_text(encoding="utf-8")
    section = readme.partition("\n## Permissions\n")[2].partition("\n## ")[0]
    needed = set(re.findall(r"`((?:s3|kms):\w+)`", section))
    allowed = {action for statement in POLICY["Statement"] for action in statement["Action"]}

    assert needed
    assert needed <= allowed
    unbounded = [each for each in POLICY["Statement"] if each["Resource"] == "*" and not each.get("Condition")]
    assert unbounded == []


def test_the_options_of_the_secrets_backend_are_those_that_the_emulated_environments_have() -> None:
    (options,) = re.findall(r"\| `secrets\.backend_kwargs` \| `(\{.*\})` \|", DOCUMENT)

    assert json.loads(options) == {
        "connections_prefix": "airflow/connections",
        "variables_prefix": "airflow/variables",
        "connections_lookup_pattern": "^(?!aws_default$).*$",
    }
