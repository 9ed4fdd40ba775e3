"""A secret in the wrong variable is not shown by the import error, wherever on the way to a DAG it is refused."""

from __future__ import annotations

import pytest

from billing_aggregator.settings.variables import VARIABLES
from tests.dags.dag_files import load_dags

MARK = "geheim"
SECRETS = (f"{MARK}-12345", f"/k7MD{MARK}+bPxRfi=", f"~{MARK}", MARK * 60, f"ge.{MARK}.sql", f"a={MARK},b={MARK}")
WAREHOUSE = {"BDA_DB_HOST": "db.invalid", "BDA_DB_PASSWORD": "x"}


@pytest.mark.parametrize("name", sorted(VARIABLES))
def test_no_import_error_shows_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for secret in SECRETS:
        errors = load_dags(monkeypatch, **(WAREHOUSE | {name: secret})).import_errors

        assert [error for error in errors.values() if MARK in error] == []


def test_a_secret_is_refused_by_settings_tree_and_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = {
        "BDA_DB_PORT": "BDA_DB_PORT must be a whole number",
        "BDA_CLIENT_ID": "BDA_CLIENT_ID names a client",
        "BDA_SYSTEMS": "BDA_SYSTEMS: name 1 is no system",
        "BDA_SCRIPTS_DIR": "BDA_SCRIPTS_DIR must be a folder",
        "BDA_EXPORT_NULL": "'null' must not end in '.sql'",
    }

    for name, message in refused.items():
        errors = load_dags(monkeypatch, **(WAREHOUSE | {name: f"{MARK}.sql"})).import_errors
        monkeypatch.delenv(name)

        assert any(message in error for error in errors.values()), name
