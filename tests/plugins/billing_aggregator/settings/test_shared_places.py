"""Two clients write to places of their own, however these are written."""

from __future__ import annotations

import pytest

from billing_aggregator.settings.clients import Clients, read_clients

SHARED = {"BDA_CLIENTS": "one,other", "BDA_S3_BUCKET": "billing-exports"}
KEY = "{environment}/{system}_{table}_{chunk:04d}.csv"


def read(**variables: str) -> Clients:
    """Two clients that share keys of results, under these variables."""
    return read_clients(SHARED | {"BDA_EXPORT_KEY": KEY} | variables)


@pytest.mark.parametrize(
    "key",
    [
        "{environment}/{system}_{table}_{chunk:05d}.csv",
        "{environment}/{system}_{table}_{chunk:04d}.txt",
        "{environment}/{system}_{table}-{chunk}.csv",
        "local/{system}_{table}_{chunk:04d}.csv",
        "{environment}/{system}_{table}_0000_{chunk}.csv",
    ],
)
def test_keys_that_resolve_to_the_same_files_or_manifest_are_refused(key: str) -> None:
    clients = read(BDA_ONE_EXPORT_KEY=KEY.replace(".csv", "_7.csv"), BDA_OTHER_EXPORT_KEY=key)

    assert sorted(clients.errors) == ["one", "other"]
    assert "put {client} into them" in str(clients.errors["one"])


def test_the_archive_of_a_client_must_not_be_the_results_of_another() -> None:
    archive = KEY.replace("{table}", "{script}")

    clients = read(BDA_ONE_EXPORT_KEY="one/" + KEY, BDA_ONE_ARCHIVE_KEY=archive)

    assert sorted(clients.errors) == ["one", "other"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://s3.example.com", "https://s3.example.com/"),
        ("https://s3.example.com", "https://S3.Example.com:443"),
        ("http://s3.example.com:443", "https://s3.example.com."),
        ("https://s3.eu-central-1.amazonaws.com", ""),
        ("https://s3.eu-central-1.amazonaws.com", "https://s3.dualstack.eu-central-1.amazonaws.com"),
    ],
)
def test_two_ways_to_write_an_s3_address_are_one_server(one: str, other: str) -> None:
    assert sorted(read(BDA_ONE_S3_URL=one, BDA_OTHER_S3_URL=other).errors) == ["one", "other"]


@pytest.mark.parametrize(
    "variables",
    [
        {"BDA_ONE_S3_URL": "https://s3.example.com"},
        {"BDA_ONE_S3_URL": "https://s3.example.com", "BDA_OTHER_S3_URL": "https://s3.example.com:9000"},
        {"BDA_ONE_S3_URL": "https://s3.example.com/a", "BDA_OTHER_S3_URL": "https://s3.example.com/b"},
        {"BDA_ONE_S3_BUCKET": "another"},
        {"BDA_ONE_EXPORT_KEY": "one/" + KEY},
        {"BDA_ONE_EXPORT_KEY": KEY.replace("{system}", "one_{system}")},
    ],
)
def test_places_that_differ_are_accepted(variables: dict[str, str]) -> None:
    assert read(**variables).errors == {}
