"""A role with settings that no session of the pipeline may depend on, as a deployment elsewhere may have them."""

from __future__ import annotations

ROLE = "billing_aggregator"
IDLE_SECONDS = 1
SETTINGS = {
    "datestyle": "'SQL, DMY'",
    "intervalstyle": "iso_8601",
    "timezone": "'Asia/Kathmandu'",
    "client_encoding": "LATIN1",
    "bytea_output": "escape",
    "extra_float_digits": "-9",
    "standard_conforming_strings": "off",
    "transform_null_equals": "on",
    "quote_all_identifiers": "on",
    "exit_on_error": "on",
    "enable_seqscan": "off",
    "default_transaction_isolation": "serializable",
    "default_transaction_deferrable": "on",
    "idle_session_timeout": f"'{IDLE_SECONDS}s'",
    "idle_in_transaction_session_timeout": f"'{IDLE_SECONDS}s'",
    "search_path": "report_oibl, pg_catalog",
}


def settings_of_role(database: str) -> str:
    """The statements that give the pipeline's role these settings in one database."""
    return ";".join(
        f"alter role {ROLE} in database {database} set {name} = {value}" for name, value in SETTINGS.items()
    )
