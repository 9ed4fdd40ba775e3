"""When a scheduled run is late: the time between its start and the deadline, two times of day."""

from __future__ import annotations

import re
from datetime import timedelta

DAY = timedelta(days=1)


def interval_until(deadline: str, schedule: str) -> timedelta | None:
    """From the start of a scheduled run to the first such time of day after it.

    :param deadline: a time of day, ``04:00``
    :param schedule: a cron expression, or ``off``
    :return: up to a day; None for a schedule that does not start runs at one time of day
    """
    start = starts_at(schedule)
    if start is None:
        return None
    hours, minutes = map(int, deadline.split(":"))
    return (timedelta(hours=hours, minutes=minutes) - start) % DAY or DAY


def starts_at(schedule: str) -> timedelta | None:
    """The time of day at which a schedule starts runs, as time since midnight; None if there is not exactly one."""
    found = re.fullmatch(r"([0-9]+) ([0-9]+) .*", schedule)
    return timedelta(hours=int(found[2]), minutes=int(found[1])) if found else None
