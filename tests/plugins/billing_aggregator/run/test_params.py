"""The parameters of a run are checked all at once, whoever asks for the run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from airflow.sdk.exceptions import ParamValidationError

from billing_aggregator.run.params import SystemChoice, check_business_date, check_params, run_params
from postgres_to_s3.errors import PermanentError

CHOICE = SystemChoice(("bookings", "bookkeeper", "tripica"), (("bookings", "bookkeeper"),))
VALID: dict[str, Any] = {"systems": ["tripica"], "max_rows_per_file": 1, "business_date": None}


def test_valid_parameters_pass() -> None:
    check_params(VALID, CHOICE)
    check_params(VALID | {"systems": ["bookkeeper", "tripica"], "business_date": "2026-01-31"}, CHOICE)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"systems": ["nope"]}, "'systems' names 'nope'.*bookings, bookkeeper, tripica"),
        ({"systems": []}, "'systems' is empty"),
        ({"systems": ["bookings", "bookkeeper"]}, "'bookings' and 'bookkeeper', which write the same tables"),
        ({"max_rows_per_file": 0}, "'max_rows_per_file' must be a whole number from 1 to 1000000000, found 0"),
        ({"max_rows_per_file": 10**9 + 1}, "'max_rows_per_file' must be .* to 1000000000, found 1000000001"),
        ({"max_rows_per_file": "5"}, "'max_rows_per_file' .* found '5'"),
        ({"business_date": "31.01.2026"}, "'business_date' must be a date such as 2026-01-31, found '31.01.2026'"),
        ({"business_date": 20260131}, "'business_date' must be a date"),
        ({"business_date": "20260131"}, "'business_date' must be a date"),
    ],
)
def test_a_wrong_parameter_is_named_with_what_was_found(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(PermanentError, match=message):
        check_params(VALID | wrong, CHOICE)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(PermanentError) as caught:
        check_params({"systems": ["a", "b"], "max_rows_per_file": -1, "business_date": "soon"}, CHOICE)

    for text in ("'a'", "'b'", "-1", "'soon'"):
        assert text in str(caught.value)


@pytest.mark.parametrize("rows", [-1, 0, 1, 10**9, 10**9 + 1, True, "5", 1.5, 1e308])
def test_the_trigger_form_and_the_preflight_refuse_the_same_numbers_of_rows(rows: Any) -> None:
    form = run_params(CHOICE, ["tripica"], dry_run=False, max_rows_per_file=5)

    assert _refuses(lambda: form.update({"max_rows_per_file": rows})) == _refuses(
        lambda: check_params(VALID | {"max_rows_per_file": rows}, CHOICE)
    )


def _refuses(check: Callable[[], object]) -> bool:
    try:
        check()
    except (ParamValidationError, PermanentError):
        return True
    return False


def test_the_trigger_form_does_not_turn_a_wrong_number_of_rows_into_another_one() -> None:
    rows = run_params(CHOICE, ["tripica"], dry_run=False, max_rows_per_file=5).get_param("max_rows_per_file")

    assert rows.schema.keys().isdisjoint({"minimum", "maximum"})
    assert rows.description == (
        "Data rows in each CSV file but the last, from 1 to 1,000,000,000. An export has 1,000 files at most."
    )


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("dryrun", "did you mean 'dry_run'?"),
        ("system", "did you mean 'systems'?"),
        ("xyz", "there are systems, dry_run"),
    ],
)
def test_an_unknown_parameter_is_refused_with_the_name_that_was_probably_meant(name: str, hint: str) -> None:
    with pytest.raises(PermanentError) as caught:
        check_params(VALID | {name: True}, CHOICE)

    assert f"unknown {name!r}: {hint}" in str(caught.value)


TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("business_date", "is_chosen", "allow_past"),
    [
        pytest.param(TODAY, True, False, id="today"),
        pytest.param(date(2026, 11, 24), False, False, id="a run's own day that ended while it waited"),
        pytest.param(date(2026, 1, 31), True, True, id="an earlier day that is meant"),
    ],
)
def test_a_business_date_that_is_meant_passes(business_date: date, is_chosen: bool, allow_past: bool) -> None:
    check_business_date(business_date, TODAY, is_chosen=is_chosen, allow_past=allow_past)


@pytest.mark.parametrize(
    ("business_date", "is_chosen", "allow_past", "message"),
    [
        (date(2026, 11, 24), True, False, "in the past.*archive and history.*'allow_past_date': true"),
        (date(2026, 11, 23), False, False, "in the past"),
        (date(2026, 11, 26), False, True, "in the future"),
    ],
)
def test_a_business_date_that_was_hardly_meant_is_refused(
    business_date: date, is_chosen: bool, allow_past: bool, message: str
) -> None:
    with pytest.raises(PermanentError, match=message):
        check_business_date(business_date, TODAY, is_chosen=is_chosen, allow_past=allow_past)


@pytest.mark.parametrize(
    "hostile",
    [
        {"business_date": "2026-01-31'; drop table t; --"},
        {"business_date": "{{ conn.octopus.password }}"},
        {"business_date": "2026-01-31\n"},
        {"business_date": "２０２６-01-31"},
        {"business_date": ["2026-01-31"]},
        {"systems": ["tripica'; drop table t; --"]},
        {"systems": ["../tripica"]},
        {"systems": ["{{ var.value.token }}"]},
        {"systems": "tripica"},
        {"systems": {"tripica": True}},
        {"systems": [["tripica"]]},
        {"systems": None},
        {"max_rows_per_file": "1; drop table t"},
        {"max_rows_per_file": True},
        {"max_rows_per_file": 1e308},
        {"dry_run": "false"},
        {"dry_run": 0},
        {"allow_past_date": "no"},
        {"__class__": "x"},
        {"sql": "drop table t"},
    ],
    ids=str,
)
def test_a_parameter_that_is_no_plain_value_of_its_type_is_refused(hostile: dict[str, Any]) -> None:
    with pytest.raises(PermanentError):
        check_params(VALID | hostile, CHOICE)
