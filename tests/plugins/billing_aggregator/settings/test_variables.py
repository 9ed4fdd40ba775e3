"""The table of variables: every name is documented once, with its default and meaning."""

from __future__ import annotations

import re

import pytest

from billing_aggregator.settings.variables import DEFAULT_SYSTEMS, VARIABLES, settings_reference
from postgres_to_s3.options.export_options import ExportOptions
from postgres_to_s3.options.option_table import kind_of

# The variables of the service that this package replaces: names and defaults are a promise.
REPLACED_SERVICE = {
    "BDA_CLIENT_ID": "**required**",
    "BDA_ENVIRONMENT": "`prod` on AWS, else `local`",
    "BDA_LOG_LEVEL": "`info`",
    "BDA_DB_PORT": "`5432`",
    "BDA_DB_NAME": "`octopus`",
    "BDA_DB_USER": "`billing_aggregator`",
    "BDA_DB_MAX_CONNS": "`4`",
    "BDA_DB_MAX_IDLE": "`0`",
    "BDA_DB_MINUTES_IDLE": "`5`",
    "BDA_S3_BUCKET": "**required**",
    "BDA_S3_REGION": "`eu-central-1`",
    "BDA_SYSTEMS": "`tripica,bookkeeper`",
    "BDA_MAX_ROW_SIZE_FILE": "`1000000`",
    "BDA_DRY_RUN": "`false`",
}
ROWS = [re.split(r" ?(?<!\\)\| ?", row)[1:-1] for row in settings_reference().splitlines()[2:]]


def test_the_reference_has_a_row_for_every_variable() -> None:
    assert [row[0] for row in ROWS] == [f"`{name}`" for name in VARIABLES]
    assert [row for row in ROWS if not all(row) or len(row) != 4] == []


@pytest.mark.parametrize("name", REPLACED_SERVICE)
def test_the_variables_of_the_replaced_service_keep_their_defaults(name: str) -> None:
    (default,) = [row[2] for row in ROWS if row[0] == f"`{name}`"]

    assert default == REPLACED_SERVICE[name]


def test_an_option_of_the_exports_is_documented_by_its_own_table() -> None:
    row = next(row for row in ROWS if row[0] == "`BDA_EXPORT_COMPRESSION`")

    assert row[3] == ExportOptions.model_fields["compression"].description


@pytest.mark.parametrize("name", VARIABLES)
def test_every_default_is_a_value_that_could_be_set(name: str) -> None:
    row = VARIABLES[name]
    given = (row.examples or [])[0] if row.is_required() else row.default

    assert given is None or kind_of(row).read(given) == given


def test_the_default_systems_are_the_documented_ones() -> None:
    (default,) = [row[2] for row in ROWS if row[0] == "`BDA_SYSTEMS`"]

    assert default == f"`{','.join(DEFAULT_SYSTEMS)}`"
