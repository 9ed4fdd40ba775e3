"""The command line of the health check: `python -m billing_aggregator.health [--validate-config] [--json]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from billing_aggregator.errors import SettingsError
from billing_aggregator.health.findings import Finding, as_json, as_table, failed, has_failed
from billing_aggregator.scripts.folders import DEFAULT_LAYER
from billing_aggregator.settings.clients import read_clients
from billing_aggregator.settings.settings import Settings
from billing_aggregator.settings.variables import DEVELOPMENT_VARIABLES

DAGS_FOLDER = Path(__file__).resolve().parents[3] / "dags"
HEALTHY, FAILED, INVALID = 0, 1, 2
NO_SETTINGS = "No BDA_* variable is set: what is required is told, and the script tree is checked without settings."
# The script tree is read for a client; the one that has no folder of its own stands for all.
STAND_IN = {"BDA_CLIENT_ID": DEFAULT_LAYER, "BDA_S3_BUCKET": "no-bucket"}
EXIT_CODES = """\
exit codes:
  0  all is well; there may be warnings
  1  something stops a run
  2  the settings or the script tree are invalid; nothing else was looked at
"""


def main(words: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Check the deployment that the environment variables describe; returns the exit code, see EXIT_CODES."""
    arguments = _parser().parse_args(words)
    # Airflow's own lines would stand in the table.
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    findings, code = _check_all(environ, configuration_only=arguments.validate_config)
    if arguments.json:
        text = as_json(findings)
    elif len(findings) == 1:
        text = as_table(*findings.values())
    else:
        text = "\n\n".join(f"Client {client}\n{as_table(found)}" for client, found in findings.items())
    if not (arguments.json or _names_settings(environ)):
        text = f"{NO_SETTINGS}\n{text}"
    sys.stdout.write(text + "\n")
    return code


def _check_all(environ: Mapping[str, str], *, configuration_only: bool) -> tuple[dict[str, list[Finding]], int]:
    """What was found, by client, and the worst exit code."""
    try:
        clients = read_clients(environ)
    except SettingsError as error:
        scripts = [] if _names_settings(environ) else _check_scripts()
        return {environ.get("BDA_CLIENT_ID", ""): [*_wrong_settings(error), *scripts]}, INVALID
    findings = {client: _wrong_settings(error) for client, error in clients.errors.items()}
    codes = [INVALID for _ in findings]
    for client, settings in clients.settings.items():
        os.environ.update(settings.connection_variables())
        findings[client], code = _check(settings, configuration_only=configuration_only)
        codes.append(code)
    return dict(sorted(findings.items())), max(codes)


def _check(settings: Settings, *, configuration_only: bool) -> tuple[list[Finding], int]:
    """What was found of one client, and the exit code."""
    # They import Airflow, which takes seconds and wrong settings need not wait for.
    from billing_aggregator.health.checks import CHECKS, run_checks
    from billing_aggregator.health.target import HealthTarget

    target = HealthTarget.of(settings, DAGS_FOLDER)
    findings = run_checks(target, ["configuration"])
    if has_failed(findings):
        return findings, INVALID
    if not configuration_only:
        findings += run_checks(target, [name for name in CHECKS if name != "configuration"])
    return findings, FAILED if has_failed(findings) else HEALTHY


def _names_settings(environ: Mapping[str, str]) -> bool:
    return any(name.startswith("BDA_") and name not in DEVELOPMENT_VARIABLES for name in environ)


def _check_scripts() -> list[Finding]:
    """What can be said of the script tree without settings."""
    findings, _ = _check(Settings.from_environment(STAND_IN), configuration_only=True)
    return [finding for finding in findings if finding.check != "settings"]


def _wrong_settings(error: SettingsError) -> list[Finding]:
    remedy = "correct this environment variable (docs/settings.md)"
    return [failed("settings", problem, remedy) for problem in error.problems]


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
