"""Who holds the lock of the warehouse."""

from __future__ import annotations

from billing_aggregator.health.attempts import refused_connection
from billing_aggregator.health.findings import Finding, failed, ok, warning
from billing_aggregator.health.target import HealthTarget
from billing_aggregator.run.lock import LONGEST_RUN, RunLock
from postgres_to_s3.postgres.failures import sqlstate_of


def check_run_lock(target: HealthTarget) -> list[Finding]:
    """It is no fault that a run holds the lock, but one that has not moved for long has probably died."""
    try:
        holder = RunLock(target.endpoints.sql_conn_id, target.client_id).holder()
    except Exception as error:
        if sqlstate_of(error):
            return [failed("run lock", str(error), "give the role report_oibl_work.run_lock, which its runs create")]
        return [refused_connection("run lock", error, "BDA_DB_HOST")]
    if holder is None:
        return [ok("run lock", "free: no run is building")]
    if holder.age > LONGEST_RUN:
        return [warning("run lock", f"held by {holder}", "nothing: the next run takes it over from a run this old")]
    return [ok("run lock", f"held by {holder}")]
