"""The command line of the health check: what it prints, and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from billing_aggregator.health.command_line import main
from billing_aggregator.scripts.tree import read_script_tree
from tests.support.bucket import Bucket
from tests.support.repository import REPO
from tests.support.script_files import write_file
from tests.support.warehouse import Warehouse

SETTINGS = {"BDA_CLIENT_ID": "enercity", "BDA_ENVIRONMENT": "local", "BDA_S3_BUCKET": "billing-exports"}


def run(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as on a machine without an Airflow database."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPO / "plugins"), **settings}
    environment |= {"AIRFLOW_HOME": "/nowhere", "HOME": os.environ["HOME"]}
    command = [sys.executable, "-m", "billing_aggregator.health", *words]
    return subprocess.run(command, env=environment, text=True, capture_output=True, check=False, timeout=60)


def test_all_problems_of_the_settings_are_shown_at_once_and_no_value(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--validate-config"], {"BDA_DB_PORT": "secret-1", "BDA_SYSTEM": "secret-2"})

    table = capsys.readouterr().out
    assert code == 2
    for name in ("BDA_CLIENT_ID is required", "BDA_S3_BUCKET is required", "BDA_DB_PORT must be", "BDA_SYSTEM is not"):
        assert name in table
    assert "secret" not in table


def test_without_any_setting_it_says_so_and_still_checks_the_script_tree(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--validate-config"], {"PATH": "/bin", "BDA_PG_PROFILE": "stock"})

    first, *_, last = capsys.readouterr().out.splitlines()
    assert code == 2
    assert first.startswith("No BDA_* variable is set")
    assert last == "1 ok, 0 warning, 2 failed"

    main(["--validate-config", "--json"], {})
    rows = json.loads(capsys.readouterr().out)["checks"]
    assert [(row["check"], row["state"]) for row in rows] == [
        ("settings", "failed"),
        ("settings", "failed"),
        ("scripts", "ok"),
    ]


def test_the_script_tree_is_part_of_the_configuration(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["--validate-config"], SETTINGS) == 0
    assert "a run does bookkeeper, customer, tripica" in capsys.readouterr().out

    outside = SETTINGS | {"BDA_EXPORT_KEY": "new/{client}/{environment}/{system}_{table}_{chunk}.csv"}
    assert main(["--validate-config"], outside) == 0
    assert "BDA_EXPORT_KEY leads out of the folder 'enercity/local/'" in capsys.readouterr().out

    assert main([], SETTINGS | {"BDA_SCRIPTS_DIR": str(tmp_path)}) == 2
    assert "no scripts found" in capsys.readouterr().out


def test_a_script_that_controls_its_transaction_is_named_before_the_first_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_file(tmp_path, "init/old/010_build.sql", "-- Builds.\nbegin;\nselect 'commit';\nCOMMIT  AND CHAIN;\n")
    write_file(tmp_path, "history/old/020_keep.sql", "do $$ begin null; end $$;\nrollback")
    settings = SETTINGS | {"BDA_SCRIPTS_DIR": str(tmp_path), "BDA_SYSTEMS": "old"}

    code = main(["--validate-config"], settings)

    lines = capsys.readouterr().out.splitlines()
    assert code == 2
    assert [line.split("  ", 2)[-1].strip() for line in lines if line.startswith("failed")] == [
        "init/old/010_build.sql, line 2: 'begin' controls the transaction",
        "init/old/010_build.sql, line 4: 'COMMIT AND CHAIN' controls the transaction",
        "history/old/020_keep.sql, line 2: 'rollback' controls the transaction",
    ]
    assert lines[2].strip() == "-> remove the statement: each script is one transaction"


def test_a_check_that_is_not_one_query_is_named_before_the_first_run(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_file(tmp_path, "prechecks/old/010_a.sql", "set local timezone = 'UTC';\nselect now() > '{{ ds }}' as fine;")
    write_file(tmp_path, "prechecks/old/020_b.sql", "-- One; query.\nselect ';' = ';' as fine; -- that is all;\n;")
    write_file(tmp_path, "prechecks/old/030_c.sql", "{% if params.dry_run %}select 1;{% else %}select 2;{% endif %}")
    write_file(tmp_path, "init/old/010_build.sql", "set local timezone = 'UTC'; select 1 into temporary a;")
    write_file(tmp_path, "postchecks/old/010_a.sql", "select true; select true; select true")
    write_file(tmp_path, "archive/old/day.sql", "select 1; select 2")

    code = main(["--validate-config"], SETTINGS | {"BDA_SCRIPTS_DIR": str(tmp_path), "BDA_SYSTEMS": "old"})

    lines = capsys.readouterr().out.splitlines()
    assert code == 2
    assert sorted(line.split("  ", 2)[-1].strip() for line in lines if line.startswith("failed")) == [
        "archive/old/day.sql: expected one query, found 2 statements",
        "postchecks/old/010_a.sql: expected one query, found 3 statements",
        "prechecks/old/010_a.sql: expected one query, found 2 statements",
    ]
    assert lines[2].strip() == "-> write one query: in place of 'set local timezone', say at time zone 'UTC' in it"


def test_a_tree_whose_script_controls_its_transaction_is_still_parsed(tmp_path: Path) -> None:
    write_file(tmp_path, "init/old/010_build.sql", "begin; commit;")

    assert read_script_tree(tmp_path, "enercity").names == ("old",)


def test_each_of_several_clients_has_a_table_and_the_worst_decides(capsys: pytest.CaptureFixture[str]) -> None:
    shared = {"BDA_ENVIRONMENT": "local", "BDA_S3_BUCKET": "billing-exports", "BDA_CLIENTS": "enercity,other"}

    code = main(["--validate-config"], shared | {"BDA_OTHER_DB_PORT": "x"})

    assert code == 2
    enercity, other = capsys.readouterr().out.split("\n\nClient other\n")
    assert enercity.startswith("Client enercity\nok       settings  valid: client 'enercity'")
    assert "BDA_OTHER_DB_PORT must be a whole number" in other


def test_a_healthy_deployment_is_zero_a_broken_one_is_one(
    capsys: pytest.CaptureFixture[str], empty_warehouse: Warehouse, versioned_bucket: Bucket
) -> None:
    environment = SETTINGS | empty_warehouse.environment | versioned_bucket.environment

    healthy, broken = run("--json", **environment), main([], environment | {"BDA_DB_PASSWORD": "wrong"})

    found = json.loads(healthy.stdout)
    assert (healthy.returncode, found["state"]) == (0, "warning")
    assert {row["client_id"] for row in found["checks"]} == {"enercity"}
    assert {"warehouse", "bucket", "run lock", "export tripica"} <= {row["check"] for row in found["checks"]}
    assert broken == 1
    shown = "".join(capsys.readouterr())
    assert "password authentication failed" in shown
    for secret in (environment["BDA_DB_PASSWORD"], environment["BDA_S3_SECRET_ACCESS_KEY"]):
        assert secret not in healthy.stdout + healthy.stderr + shown
