"""How much of what the batch does its log shows."""

from __future__ import annotations

import logging

PACKAGES = ("billing_aggregator", "postgres_to_s3")


def set_log_level(level: int) -> None:
    """Show the batch's own lines from a level on.

    Airflow's handler lets nothing through below Airflow's own level. Where it is to, lines of others stay out all the
    same: their loggers do not even make them.

    :param level: a level of the `logging` module
    """
    for package in PACKAGES:
        logging.getLogger(package).setLevel(level)
    for handler in logging.getLogger().handlers:
        handler.setLevel(min(handler.level, level))
