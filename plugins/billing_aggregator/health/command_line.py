"""The command line of the health check: `python -m billing_aggregator.health [--validate-config] [--json]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from billing_aggregator.errors import SettingsError
from billing_aggregator.health.findings import Finding, as_json, as_table, failed, has_failed
from billing_aggregator.settings.settings import Settings

DAGS_FOLDER = Path(__file__).resolve().parents[3] / "dags"
HEALTHY, FAILED, INVALID = 0, 1, 2
EXIT_CODES = """\
exit codes:
  0  all is well; there may be warnings
  1  something stops a run
  2  the settings or the script tree are invalid; nothing else was looked at
"""


def main(words: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Check the deployment that the environment variables describe; returns the exit code, see EXIT_CODES."""
    arguments = _parser().parse_args(words)
    client, findings, code = _check(environ, configuration_only=arguments.validate_config)
    sys.stdout.write((as_json({client: findings}) if arguments.json else as_table(findings)) + "\n")
    return code


def _check(environ: Mapping[str, str], *, configuration_only: bool) -> tuple[str, list[Finding], int]:
    """The client, what was found, and the exit code."""
    client = environ.get("BDA_CLIENT_ID", "")
    try:
        settings = Settings.from_environment(environ)
    except SettingsError as error:
        remedy = "correct this environment variable (docs/settings.md)"
        return client, [failed("settings", problem, remedy) for problem in error.problems], INVALID
    # Airflow's own lines would stand in the table. The import takes seconds, for which wrong settings need not wait.
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    from billing_aggregator.health.checks import CHECKS, run_checks
    from billing_aggregator.health.target import HealthTarget

    os.environ.update(settings.connection_variables())
    target = HealthTarget.of(settings, DAGS_FOLDER)
    findings = run_checks(target, ["configuration"])
    if has_failed(findings):
        return client, findings, INVALID
    if not configuration_only:
        findings += run_checks(target, [name for name in CHECKS if name != "configuration"])
    return client, findings, FAILED if has_failed(findings) else HEALTHY


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m billing_aggregator.health",
        description="Checks settings, scripts, warehouse, bucket, lock and last exports; what it writes it removes.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--validate-config", action="store_true", help="check settings and scripts only")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser
