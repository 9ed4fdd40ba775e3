"""All checks by name: what the command line and the health DAG run, and show as one table."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

from airflow.sdk.exceptions import AirflowFailException

from billing_aggregator.errors import BillingAggregatorError
from billing_aggregator.health.findings import Finding, State, as_table, failed, has_failed, ok
from billing_aggregator.health.probes.bucket import check_bucket
from billing_aggregator.health.probes.exports import check_exports
from billing_aggregator.health.probes.run_lock import check_run_lock
from billing_aggregator.health.probes.warehouse import check_warehouse
from billing_aggregator.health.target import HealthTarget
from billing_aggregator.scripts.sql.transactions import find_transaction_control
from billing_aggregator.scripts.stages import STAGE, Kind
from billing_aggregator.scripts.tree import Script, ScriptTree
from billing_aggregator.templates.rendering import without_tags
from postgres_to_s3.errors import PermanentError
from postgres_to_s3.postgres.query import single_query

log = logging.getLogger(__name__)

# Their scripts are single queries.
QUERIES = (Kind.CHECK, Kind.EXPORT)


def check_configuration(target: HealthTarget) -> list[Finding]:
    """The settings were valid, or there would be no target; this is the script tree they lead to."""
    valid = ok("settings", f"valid: client {target.client_id!r}, environment {target.environment!r}")
    settings = [valid, *target.warnings]
    try:
        systems = ", ".join(target.needs().systems)
        unfit = list(_unfit_scripts(target.tree()))
    except BillingAggregatorError as error:
        return [*settings, failed("scripts", str(error), "correct what is listed, then deploy again")]
    return [*settings, *(unfit or [ok("scripts", f"valid: a run does {systems}")])]


def _unfit_scripts(tree: ScriptTree) -> Iterator[Finding]:
    """Yield a finding for all that a run would refuse in a script, whatever the data."""
    scripts = (script for system in tree.systems for stage in system.scripts.values() for script in stage)
    for script in scripts:
        for statement in find_transaction_control(script.text):
            found = f"{script.path}, line {statement.line}: {statement.text!r} controls the transaction"
            yield failed("scripts", found, "remove the statement: each script is one transaction")
        # Which statements of a template with conditions run depends on the run.
        if STAGE[script.stage].kind in QUERIES and without_tags(script.text) == script.text:
            yield from _unfit_query(script)


def _unfit_query(script: Script) -> Iterator[Finding]:
    """Yield a finding if the script is not one query."""
    try:
        single_query(script.text)
    except PermanentError as error:
        remedy = "write one query: in place of 'set local timezone', say at time zone 'UTC' in it"
        yield failed("scripts", f"{script.path}: {error}", remedy)


CHECKS: Mapping[str, Callable[[HealthTarget], list[Finding]]] = {
    "configuration": check_configuration,
    "warehouse": check_warehouse,
    "bucket": check_bucket,
    "run_lock": check_run_lock,
    "exports": check_exports,
}


def run_checks(target: HealthTarget, names: Iterable[str] = CHECKS) -> list[Finding]:
    """The findings of these checks; none of them raises an error."""
    return [finding for name in names for finding in CHECKS[name](target)]


def run_task(target: HealthTarget, name: str) -> None:
    """One check as a task: logs its table.

    :raises AirflowFailException: something stops a run; holds what and the remedies
    """
    findings = run_checks(target, [name])
    log.info("Health check %r:\n%s", name, as_table(findings))
    if has_failed(findings):
        broken = [finding for finding in findings if finding.state is State.FAILED]
        raise AirflowFailException(f"the health check found what stops a run\n{as_table(broken)}")
