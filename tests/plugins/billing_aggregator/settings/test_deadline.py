"""A scheduled run is late at the first time of day after its start that the deadline names."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing_aggregator.errors import SettingsError
from billing_aggregator.settings.deadline import interval_until
from billing_aggregator.settings.settings import Settings

REQUIRED = {"BDA_CLIENT_ID": "enercity", "BDA_S3_BUCKET": "billing-exports"}


@pytest.mark.parametrize(
    ("deadline", "schedule", "interval"),
    [
        pytest.param("04:00", "0 2 * * *", timedelta(hours=2), id="the default"),
        pytest.param("04:00", "30 3 * * 1-5", timedelta(minutes=30), id="working days"),
        pytest.param("01:15", "0 22 * * *", timedelta(hours=3, minutes=15), id="over midnight"),
        pytest.param("02:00", "0 2 * * *", timedelta(days=1), id="the same time"),
        pytest.param("04:00", "off", None, id="no schedule"),
        pytest.param("04:00", "0 2,14 * * *", None, id="twice a day"),
        pytest.param("04:00", "*/15 2 * * *", None, id="four times"),
    ],
)
def test_the_deadline_is_counted_from_the_start(deadline: str, schedule: str, interval: timedelta | None) -> None:
    assert interval_until(deadline, schedule) == interval


def test_a_deadline_for_a_schedule_without_one_time_of_day_is_refused() -> None:
    with pytest.raises(SettingsError, match="BDA_DEADLINE needs a BDA_SCHEDULE that starts runs at one time of day"):
        Settings.from_environment(REQUIRED | {"BDA_DEADLINE": "05:00", "BDA_SCHEDULE": "0 2,14 * * *"})


def test_without_a_deadline_of_its_own_such_a_schedule_has_none() -> None:
    assert Settings.from_environment(REQUIRED | {"BDA_SCHEDULE": "0 2,14 * * *"}).deadline_interval is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BDA_ALERT_TOPIC_ARN", "billing-alerts"),
        ("BDA_ALERT_TOPIC_ARN", "arn:aws:sns:eu-central-1:123456789012:billing-alerts.fifo"),
        ("BDA_ALERT_SHRINK", "0"),
        ("BDA_DEADLINE", "24:00"),
        ("BDA_METRICS_NAMESPACE", "AWS/Billing"),
    ],
)
def test_a_wrong_value_is_refused(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be"):
        Settings.from_environment(REQUIRED | {name: value})
