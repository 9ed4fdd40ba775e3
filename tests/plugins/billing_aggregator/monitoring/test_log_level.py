"""`BDA_LOG_LEVEL` decides what the batch logs, whatever Airflow's own level is, and nothing about others."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from billing_aggregator.monitoring.log_level import PACKAGES, set_log_level


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What arrives behind a handler as Airflow has it, for lines of at least the level INFO."""
    root = logging.getLogger()
    level, handlers = root.level, {handler: handler.level for handler in root.handlers}
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    handler.setLevel(logging.INFO)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield output
    root.removeHandler(handler)
    root.setLevel(level)
    for other, before in handlers.items():
        other.setLevel(before)
    for package in PACKAGES:
        logging.getLogger(package).setLevel(logging.NOTSET)


@pytest.mark.parametrize(
    ("level", "shown"),
    [(logging.DEBUG, "debug\ninfo\nerror\n"), (logging.INFO, "info\nerror\n"), (logging.ERROR, "error\n")],
)
def test_lines_of_the_batch_are_shown_from_the_level_on(lines: io.StringIO, level: int, shown: str) -> None:
    set_log_level(level)

    for name in ("debug", "info", "error"):
        logging.getLogger("postgres_to_s3.export").log(logging.getLevelNamesMapping()[name.upper()], name)
    assert lines.getvalue() == shown


def test_lines_of_others_are_those_of_airflows_level(lines: io.StringIO) -> None:
    set_log_level(logging.DEBUG)

    logging.getLogger("botocore.auth").debug("a signature")
    logging.getLogger("botocore.auth").info("a region")
    assert lines.getvalue() == "a region\n"
