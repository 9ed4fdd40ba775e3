"""The values that a script sees of a run with a logical date."""

from __future__ import annotations

from types import MappingProxyType

from billing_aggregator.templates.rendering import Plain

AT = "2026-11-21 02:00:00+00:00"
OF_A_RUN: MappingProxyType[str, Plain] = MappingProxyType(
    {
        "client_id": "enercity",
        "environment": "prod",
        "business_date": "2026-11-22",
        "ds": "2026-11-21",
        "ds_nodash": "20261121",
        "ts": "2026-11-21T02:00:00+00:00",
        "ts_nodash": "20261121T020000",
        "logical_date": AT,
        "data_interval_start": AT,
        "data_interval_end": AT,
        "run_id": "manual__1",
        "params": {"systems": ["tripica"], "dry_run": True, "business_date": None, "max_rows_per_file": 1000},
        "dag_run": {"run_id": "manual__1", "logical_date": AT, "run_after": "2026-11-22 02:00:00+00:00"},
    }
)
