"""The table of a health check can be read by a person, and its JSON by a program."""

from __future__ import annotations

import json

from billing_aggregator.health.findings import as_json, as_table, failed, has_failed, ok, warning

FINDINGS = [
    ok("clock", "agrees"),
    warning("versioning", "off", "switch it on"),
    failed("warehouse", "refused\n  by the server", "let it in"),
]


def test_the_table_has_a_row_for_each_finding_and_a_remedy_below_it() -> None:
    assert as_table(FINDINGS) == (
        "ok       clock       agrees\n"
        "warning  versioning  off\n"
        "                     -> switch it on\n"
        "failed   warehouse   refused by the server\n"
        "                     -> let it in\n"
        "\n"
        "1 ok, 1 warning, 1 failed"
    )


def test_json_holds_the_worst_state_and_every_finding_with_its_client() -> None:
    found = json.loads(as_json({"enercity": FINDINGS[:2], "other": FINDINGS[:1]}))

    assert found["state"] == "warning"
    assert [(row["client_id"], row["check"], row["state"]) for row in found["checks"]] == [
        ("enercity", "clock", "ok"),
        ("enercity", "versioning", "warning"),
        ("other", "clock", "ok"),
    ]
    assert found["checks"][1]["remedy"] == "switch it on"
    assert json.loads(as_json({"enercity": FINDINGS}))["state"] == "failed"


def test_a_warning_stops_nothing() -> None:
    assert has_failed(FINDINGS)
    assert not has_failed(FINDINGS[:2])
