"""A message is one that a person reads on a phone, and one that SNS takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from billing_aggregator.monitoring.alert import SEVERITIES, Alert, Cause

ERROR = (
    "script 'init/alpha/010_build.sql' failed\n"
    'UndefinedTable: relation "nowhere" does not exist\n'
    "A retry cannot help: correct the cause, then clear the task."
)
ALERT = Alert(
    event="run_failed",
    client_id="enercity",
    environment="prod",
    dag_id="billing_data_aggregator",
    run_id="manual__1",
    headline="the run failed in alpha.init.010_build",
    causes=[Cause("alpha.init.010_build", ERROR, "init/alpha/010_build.sql", "https://airflow/log")],
    remedy="correct the cause, then clear the failed task.",
    link="https://airflow/run",
    systems=["alpha"],
    task_ids=["alpha.init.010_build"],
)


def test_the_text_says_what_why_which_script_what_to_do_and_where() -> None:
    assert ALERT.text == (
        "the run failed in alpha.init.010_build\nenercity, prod\n\n"
        f"alpha.init.010_build\nScript: init/alpha/010_build.sql\n{ERROR}\nhttps://airflow/log\n\n"
        "What to do: correct the cause, then clear the failed task.\n\n"
        "Run manual__1\nhttps://airflow/run\n"
    )


@pytest.mark.parametrize(
    ("headline", "subject"),
    [
        ("the run failed", "enercity prod: the run failed"),
        ("größer\nals 5 €\t!", "enercity prod: groer als 5 !"),
        ("x" * 200, "enercity prod: " + "x" * 82 + "..."),
    ],
)
def test_the_subject_is_one_line_of_at_most_100_ascii_characters(headline: str, subject: str) -> None:
    found = replace(ALERT, headline=headline).subject

    assert found == subject
    assert found.isascii()
    assert len(found) <= 100


def test_many_long_causes_stay_readable() -> None:
    causes = [Cause(f"alpha.init.{number}", "long " * 1000) for number in range(30)]

    text = replace(ALERT, causes=causes).text

    assert "and 20 more: see the report of the run" in text
    assert len(text) < 12_000


def test_attributes_tell_programs_the_same() -> None:
    assert ALERT.attributes == {
        "event": "run_failed",
        "severity": "critical",
        "client": "enercity",
        "environment": "prod",
        "dag_id": "billing_data_aggregator",
        "run_id": "manual__1",
        "system": ["alpha"],
        "task_id": ["alpha.init.010_build"],
    }


@pytest.mark.parametrize("event", SEVERITIES)
def test_what_concerns_no_system_has_no_empty_attribute_which_sns_would_refuse(event: str) -> None:
    attributes = replace(ALERT, event=event, systems=(), task_ids=()).attributes

    assert all(attributes.values())
    assert "system" not in attributes
