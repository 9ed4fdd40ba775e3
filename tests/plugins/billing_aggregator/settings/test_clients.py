"""Several clients in one environment: own variables, own connections, and errors that stay with their client."""

from __future__ import annotations

import json

import pytest

from billing_aggregator.errors import SettingsError
from billing_aggregator.settings.clients import Clients, client_variables, read_clients

SHARED = {
    "BDA_CLIENTS": "enercity,stadt-werke",
    "BDA_S3_BUCKET": "billing-exports",
    "BDA_DB_HOST": "octopus.example.com",
    "BDA_DB_PASSWORD": "p4ss",
    "BDA_ENERCITY_DB_NAME": "octopus_enercity",
    "BDA_STADT_WERKE_DB_NAME": "octopus_stadtwerke",
}


def read(**variables: str) -> Clients:
    """The clients of these variables on top of those that are right."""
    return read_clients(SHARED | variables)


def problems(clients: Clients) -> dict[str, list[str]]:
    """What is wrong, by client."""
    return {client: list(error.problems) for client, error in clients.errors.items()}


def test_a_client_has_the_shared_variables_and_its_own_ones_instead() -> None:
    clients = read(BDA_SYSTEMS="tripica", BDA_STADT_WERKE_SYSTEMS="bookkeeper", BDA_STADT_WERKE_SCHEDULE="off")

    enercity, other = clients.settings["enercity"], clients.settings["stadt-werke"]
    assert (enercity.client_id, enercity.systems, enercity.schedule) == ("enercity", ("tripica",), "0 2 * * *")
    assert (other.client_id, other.systems, other.schedule) == ("stadt-werke", ("bookkeeper",), "off")
    assert (enercity.db_name, other.db_name) == ("octopus_enercity", "octopus_stadtwerke")
    assert (enercity.s3_prefix, other.s3_prefix) == ("enercity/local", "stadt-werke/local")
    assert clients.errors == {}


def test_no_connection_of_a_client_is_that_of_another() -> None:
    offered = [settings.connection_variables() for settings in read(BDA_S3_REGION="eu-west-1").settings.values()]

    databases = {name: json.loads(value).get("schema") for each in offered for name, value in each.items()}
    assert databases == {
        "AIRFLOW_CONN_BDA_WAREHOUSE_ENERCITY": "octopus_enercity",
        "AIRFLOW_CONN_BDA_S3_ENERCITY": None,
        "AIRFLOW_CONN_BDA_WAREHOUSE_STADT_WERKE": "octopus_stadtwerke",
        "AIRFLOW_CONN_BDA_S3_STADT_WERKE": None,
    }


def test_connections_that_airflow_provides_are_those_of_the_client_too() -> None:
    clients = read_clients({"BDA_CLIENTS": "enercity,other", "BDA_S3_BUCKET": "billing-exports"})

    assert {(each.warehouse_conn_id, each.aws_conn_id) for each in clients.settings.values()} == {
        ("octopus_enercity", "billing_s3_enercity"),
        ("octopus_other", "billing_s3_other"),
    }


def test_one_client_is_as_before() -> None:
    clients = read_clients({"BDA_CLIENT_ID": "enercity", "BDA_S3_BUCKET": "billing-exports", "BDA_CLIENTS": " "})

    assert not clients.are_several
    assert clients.settings["enercity"].warehouse_conn_id == "octopus"


def test_what_is_wrong_with_one_client_is_told_by_its_variables_and_leaves_the_others_alone() -> None:
    clients = read(BDA_STADT_WERKE_DB_PORT="secret", BDA_STADT_WERKE_S3_BUCKET="UPPER")

    assert list(clients.settings) == ["enercity"]
    (found,) = problems(clients).values()
    assert [problem.partition(" ")[0] for problem in found] == ["BDA_STADT_WERKE_DB_PORT", "BDA_STADT_WERKE_S3_BUCKET"]
    assert "secret" not in str(clients.errors)


def test_what_is_wrong_with_a_shared_variable_is_wrong_with_each_client() -> None:
    clients = read(BDA_DB_PORT="x", BDA_ENERCITY_DB_PORT="5433")

    assert list(clients.settings) == ["enercity"]
    assert problems(clients)["stadt-werke"][0].startswith("BDA_DB_PORT must be")


@pytest.mark.parametrize(
    ("name", "meant", "refused"),
    [
        ("BDA_STADTWERKE_SYSTEMS", "BDA_STADT_WERKE_SYSTEMS", ["stadt-werke"]),
        ("BDA_ENERCITY_SYSTEM", "BDA_ENERCITY_SYSTEMS", ["enercity"]),
        ("BDA_SYSTEMZ", "BDA_SYSTEMS", ["enercity", "stadt-werke"]),
        ("BDA_ENERCITY_CLIENT_ID", "", ["enercity"]),
    ],
)
def test_a_misspelt_variable_keeps_the_client_back_that_it_was_probably_meant_for(
    name: str, meant: str, refused: list[str]
) -> None:
    clients = read(**{name: "tripica"})

    assert sorted(clients.errors) == refused
    for found in problems(clients).values():
        assert found[0].startswith(f"{name} is not a known variable; did you mean {meant}")


def test_two_clients_must_not_build_in_one_database() -> None:
    clients = read(
        BDA_CLIENTS="enercity,stadt-werke,third", BDA_STADT_WERKE_DB_NAME="octopus", BDA_THIRD_DB_PORT="5432"
    )

    assert list(clients.settings) == ["enercity"]
    found = problems(clients)
    assert found["third"] == [
        "BDA_DB_NAME is the database of client 'stadt-werke', too, and both would build the same tables:"
        " give each its own with BDA_THIRD_DB_NAME or BDA_THIRD_DB_HOST"
    ]
    assert "client 'third'" in found["stadt-werke"][0]


def test_two_clients_must_not_write_the_same_files() -> None:
    key = "{environment}/{system}_{table}_{chunk}.csv"

    clients = read(BDA_EXPORT_KEY=key)

    assert clients.settings == {}
    assert "put {client} into them" in problems(clients)["enercity"][0]
    assert read(BDA_EXPORT_KEY=key, BDA_ENERCITY_S3_BUCKET="another").errors == {}


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"BDA_CLIENTS": "enercity,enercity"}, "must not name a client twice"),
        ({"BDA_CLIENTS": "enercity,a b"}, "BDA_CLIENTS must be letters, digits"),
        ({"BDA_CLIENTS": "a-b,a_b"}, "'a-b' and 'a_b' cannot both be clients"),
        ({"BDA_CLIENTS": "a,a_ignore"}, "BDA_A_IGNORE_SYSTEMS would be of either"),
        ({"BDA_CLIENTS": "ignore"}, "client 'ignore' cannot have this name: BDA_IGNORE_SYSTEMS is a setting of all"),
        ({"BDA_CLIENT_ID": "enercity"}, "BDA_CLIENT_ID and BDA_CLIENTS are both set"),
    ],
)
def test_a_wrong_list_of_clients_is_an_error_of_all(variables: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match="problem") as caught:
        read(**variables)

    assert message in str(caught.value)


def test_every_variable_but_those_that_name_clients_may_be_a_clients_own() -> None:
    own = client_variables("stadt-werke")

    assert own["BDA_STADT_WERKE_EXPORT_TAGS"] == "BDA_EXPORT_TAGS"
    assert not {"BDA_STADT_WERKE_CLIENTS", "BDA_STADT_WERKE_CLIENT_ID"} & own.keys()
