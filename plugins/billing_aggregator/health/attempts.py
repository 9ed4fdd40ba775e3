"""Turns the errors of PostgreSQL and S3 into findings: what was refused, by whom, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.sdk.exceptions import AirflowNotFoundException

from billing_aggregator.health.findings import Finding, failed, warning
from postgres_to_s3.postgres.failures import Refusal, refusal_of

_REMEDIES = {
    Refusal.CERTIFICATE: "give the connection the authority that signed the server's certificate (sslrootcert)",
    Refusal.NO_TLS: "switch TLS on at the server",
    Refusal.NO_PASSWORD: "give the connection a password",
    Refusal.LOGIN: "correct user and password: BDA_DB_USER and BDA_DB_PASSWORD, or the connection",
    Refusal.ADDRESS_RULE: "let this host, role and database in, in the server's pg_hba.conf",
    Refusal.NO_SUCH_NAME: "correct the name of database or role: BDA_DB_NAME and BDA_DB_USER, or the connection",
    Refusal.NO_RIGHT: "let the role in: alter role ... login, grant connect on database ... to ...",
    Refusal.CLOSED_DATABASE: "open the database: alter database ... allow_connections true; or correct BDA_DB_NAME",
    Refusal.SETTING: "correct BDA_SCRIPT_SESSION, or the settings of the role and the database",
    Refusal.CONNECTION_OPTION: "correct port and extra fields of the connection",
    Refusal.PROTOCOL: "let the server offer scram-sha-256, and plan an upgrade if it is older than this driver knows",
    Refusal.TOO_MANY: "wait for sessions to end, or raise the limit of role, database or server",
    Refusal.NOT_READY: "wait until the server has started or recovered",
    Refusal.UNKNOWN_HOST: "correct the host, BDA_DB_HOST, or the name server of this network",
}
_NETWORK_REMEDY = "check host and port, and the way there: security groups, routes, firewall; and that the server runs"
_NOT_FOUND_REMEDY = "define this connection in Airflow, or set {variable}"


def refused_connection(check: str, error: Exception, variable: str) -> Finding:
    """The finding of a warehouse that cannot be reached.

    :param variable: the setting that would name the server
    """
    text = str(error).strip()
    if isinstance(error, AirflowNotFoundException):
        return failed(check, text, _NOT_FOUND_REMEDY.format(variable=variable))
    refusal = refusal_of(error)
    return failed(check, text, _REMEDIES[refusal] if refusal else _NETWORK_REMEDY)


def asked_s3(check: str, action: str, question: Callable[[], Finding], *, is_needed: bool = True) -> Finding:
    """The answer to a question to S3, or the finding of its refusal.

    :param action: the permission it needs, such as `s3:ListBucket`
    :param is_needed: a run needs it, too; else a refusal is a warning
    """
    try:
        return question()
    except Exception as error:
        found = f"{type(error).__name__}: {error}"
        finding = failed if is_needed else warning
        return finding(check, found, _s3_remedy(error_code(error), action))


def error_code(error: BaseException) -> str:
    """The code of an answer of S3, empty where there was no answer."""
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _s3_remedy(code: str, action: str) -> str:
    if not code:
        return "check BDA_S3_URL and BDA_S3_REGION, the credentials, and the way to S3 (endpoint, proxy, routes)"
    if code == "NoSuchBucket":
        return "create the bucket, or correct BDA_S3_BUCKET and BDA_S3_REGION"
    if code in ("InvalidAccessKeyId", "SignatureDoesNotMatch"):
        return "correct BDA_S3_ACCESS_KEY and BDA_S3_SECRET_ACCESS_KEY, or the connection"
    return f"allow {action} to the role or user on this bucket, in its policy and in that of the bucket"
