"""`run`, as a newcomer sees it: in a checkout of its own, from nothing to files that can be opened."""

from __future__ import annotations

import csv
import subprocess
from contextlib import closing

import psycopg2
import pytest

from local.servers.start import running_stack
from tests.local.commands.conftest import CALLERS_SECRET
from tests.support.checkout import Checkout

RESULTS = "exports/billing-exports/enercity/local/bookkeeper_bookkeeper_results_0000.csv"


def test_a_run_ends_in_a_summary_of_what_was_exported(first_run: subprocess.CompletedProcess[str]) -> None:
    assert first_run.returncode == 0, first_run.stdout + first_run.stderr
    assert "The run succeeded" in first_run.stdout
    assert "s3://billing-exports/enercity/local/bookkeeper_bookkeeper_results_0000.csv" in first_run.stdout


def test_the_exported_files_are_there_to_be_opened(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    with (checkout.root / RESULTS).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))

    assert len(rows) > 1000
    assert {row["newbs"] for row in rows} == {"40", "50"}


def test_the_log_of_a_run_holds_no_password(checkout: Checkout, first_run: subprocess.CompletedProcess[str]) -> None:
    secrets = (checkout.root / ".local" / "credentials.json").read_text()
    values = [line.split('"')[3] for line in secrets.splitlines() if line.count('"') == 4]
    written = first_run.stdout + (checkout.root / ".local" / "logs" / "run.log").read_text()

    assert len(values) == 5
    assert not [value for value in (*values, CALLERS_SECRET) if value in written]


def test_an_unknown_system_is_one_clear_error_and_changes_nothing(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    before = (checkout.root / RESULTS).read_bytes()

    refused = checkout.run("run", "--systems", "nope")

    assert refused.returncode == 2
    assert "'systems' names 'nope'" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert (checkout.root / RESULTS).read_bytes() == before


def test_a_dry_run_measures_and_leaves_the_files_as_they_were(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    before = (checkout.root / RESULTS).read_bytes()

    dry = checkout.run("run", "--scale", "0.05", "--systems", "bookkeeper", "--dry-run")

    assert dry.returncode == 0, dry.stdout + dry.stderr
    assert "(dry run: not written)" in dry.stdout
    assert (checkout.root / RESULTS).read_bytes() == before


def test_a_dry_run_does_not_replace_the_loaded_sample(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    refused = checkout.run("run", "--scale", "0.02", "--dry-run")

    assert refused.returncode == 2, refused.stdout
    assert "Scale 0.02 was asked for, but the running servers hold the sample at scale 0.05." in refused.stderr
    assert "or load the other one by a run without DRY_RUN" in refused.stderr
    assert "removing" not in refused.stdout


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("BDA_CLIENT_ID", "", "BDA_CLIENT_ID is required"),
        (
            "BDA_SCRIPTS_DIR",
            "/nowhere",
            "BDA_SCRIPTS_DIR must be a folder with stages",
        ),
    ],
)
def test_wrong_settings_are_refused_before_anything_runs(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str], variable: str, value: str, message: str
) -> None:
    refused = checkout.run("run", **{variable: value})

    assert refused.returncode == 2
    assert message in refused.stderr


def test_a_failed_run_shows_the_task_its_error_and_its_script(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    script = checkout.root / "include/sql/init/bookkeeper/950_wrong.sql"
    script.write_text("-- a mistake\nselect amount\nfrom nowhere;\n")

    failed = checkout.run("run", "--scale", "0.05", "--systems", "bookkeeper")

    script.unlink()
    assert failed.returncode == 1
    for text in (
        "FAILED bookkeeper.init.950_wrong",
        'relation "nowhere" does not exist',
        "init/bookkeeper/950_wrong.sql",
    ):
        assert text in failed.stdout


def test_a_run_does_not_wait_for_one_that_ended_with_the_servers(
    checkout: Checkout, first_run: subprocess.CompletedProcess[str]
) -> None:
    with (
        running_stack(checkout.state_dir) as stack,
        closing(psycopg2.connect(stack.dsn())) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "insert into report_oibl_work.run_lock (token, client_id, dag_id, run_id, origin)"
            " values ('token', 'enercity', 'billing_data_aggregator', 'manual__killed', '')"
        )

    done = checkout.run("run", "--scale", "0.05", "--systems", "bookkeeper", "--dry-run")

    assert done.returncode == 0, done.stdout
    assert "removed the lock of the run manual__killed, which ended with the servers" in done.stdout
