"""No figure leaves the warehouse that its run has not built and checked; manifests and reports say whose it is."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.dags.dag_runs import DagRunner
from tests.support.script_files import write_file

TODAY = datetime.now(UTC).date()
ARCHIVE = f"enercity/local/archive/delta/numbers/{TODAY}/numbers"
CHECK = "postchecks/alpha/020_told.sql"


@pytest.fixture
def shop(runner: DagRunner) -> DagRunner:
    """Delta archives what alpha builds; a check of alpha refuses it when told to."""
    runner.warehouse.execute("create table public.told (refuse boolean); grant select on public.told to public")
    write_file(runner.scripts, CHECK, "select not exists (select from public.told where refuse) as is_accepted")
    write_file(runner.scripts, "archive/delta/numbers.sql", "select id from report_oibl.alpha_results")
    write_file(runner.scripts, "systems.yaml", "systems: {beta: {after: [alpha]}, delta: {after: [alpha]}}\n")
    return runner


@pytest.fixture
def refused(shop: DagRunner) -> str:
    """Alpha has been delivered, then a run has built it anew and a check has refused that; the run's id."""
    assert shop.run(systems=["alpha", "delta"]).state == "success"
    shop.warehouse.execute("insert into public.told values (true)")
    run = shop.run(systems=["alpha"])
    assert run.states["alpha.postchecks.020_told"] == "failed"
    return str(run.report["run_id"])


def manifest(shop: DagRunner, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shop.bucket.read(f"{name}.manifest.json"))
    return found


def test_no_system_archives_or_reads_what_a_check_has_refused(shop: DagRunner, refused: str) -> None:
    before = shop.exported()

    alone = {
        "delta.archive.numbers": shop.run(systems=["delta"]),
        "beta.init.010_build": shop.run(systems=["beta"]),
        "dry_run": shop.run(systems=["delta"], dry_run=True),
    }

    for task_id, run in alone.items():
        assert (run.state, run.tries[task_id]) == ("failed", 1)
        assert f"run '{refused}' of DAG 'billing_data_aggregator'" in run.error_of(task_id)
        assert "has built the results of 'alpha', but a postcheck refused them" in run.error_of(task_id)
        assert "trigger a run that selects it" in run.error_of(task_id)
    assert shop.exported() == before


def test_a_system_alone_archives_the_newest_checked_results_and_names_their_run(
    shop: DagRunner, caplog: pytest.LogCaptureFixture
) -> None:
    built = shop.run(systems=["alpha"])

    run = shop.run(systems=["delta"])

    assert run.state == "success"
    (result,) = run.report["exports"]["delta.archive.numbers"]["results"]
    expected = {"system": "alpha", "run_id": built.report["run_id"], "business_date": str(TODAY), "state": "checked"}
    assert result.items() >= expected.items()
    assert manifest(shop, ARCHIVE)["provenance"]["results"][0].items() >= expected.items()
    line = f"delta.archive.numbers holds results of alpha that run '{built.report['run_id']}' built for business date"
    assert line in caplog.text


def test_a_manifest_names_each_script_with_the_sha256_of_its_file(shop: DagRunner) -> None:
    run = shop.run(systems=["alpha", "delta"])

    (result,) = manifest(shop, "enercity/local/alpha_alpha_results")["provenance"]["results"]
    paths = ("init/alpha/010_build.sql", "postchecks/alpha/010_rows.sql", CHECK)
    digests = {path: hashlib.sha256((shop.scripts / path).read_bytes()).hexdigest() for path in paths}
    assert (result["run_id"], result["scripts"]) == (run.report["run_id"], digests)
    archive = "archive/delta/numbers.sql"
    digest = hashlib.sha256((shop.scripts / archive).read_bytes()).hexdigest()
    assert manifest(shop, ARCHIVE)["provenance"]["scripts"] == {archive: digest}


def test_a_postcheck_that_is_marked_by_hand_lets_the_results_go_named_as_accepted_and_the_run_ends_red(
    shop: DagRunner, refused: str, caplog: pytest.LogCaptureFixture
) -> None:
    run = shop.run(systems=["alpha", "beta"], marked_as_success="alpha.postchecks.020_told")

    assert (run.state, run.states["alpha.export"], run.states["beta.export"]) == ("failed", "success", "success")
    assert run.report["exports"]["alpha.export"]["results"][0]["state"] == "accepted by hand"
    (source,) = run.report["exports"]["beta.export"]["results"][0]["sources"]
    assert (source["system"], source["state"]) == ("alpha", "accepted by hand")
    assert "alpha.postchecks.020_told was marked as a success by hand" in run.report["doubts"][0]

    caplog.clear()
    later = shop.run(systems=["delta"])

    assert later.state == "success"
    builder = run.report["run_id"]
    assert f"that run '{builder}' built for business date {TODAY}; they are accepted by hand" in caplog.text


def test_a_table_that_no_script_builds_is_exported_and_the_report_says_that_nobody_has_checked_it(
    shop: DagRunner, caplog: pytest.LogCaptureFixture
) -> None:
    write_file(shop.scripts, "archive/omega/day.sql", "select 1 as day")

    run = shop.run(systems=["omega"])

    assert run.state == "success"
    assert "omega.archive.day holds what no script of the tree builds: no run has checked it" in caplog.text


def test_a_dry_run_leaves_the_stamps_as_they_are(shop: DagRunner) -> None:
    shop.run(systems=["alpha"])
    stamps = shop.warehouse.rows("select t::text from report_oibl_work.result_stamps as t")

    assert shop.run(systems=["alpha", "beta"], dry_run=True).state == "success"

    assert shop.warehouse.rows("select t::text from report_oibl_work.result_stamps as t") == stamps


def test_what_a_check_has_to_say_for_the_report_stands_in_it(shop: DagRunner, caplog: pytest.LogCaptureFixture) -> None:
    write_file(shop.scripts, "prechecks/alpha/010_state.sql", "select true as fine, 'sources as of today' as report")

    run = shop.run(systems=["alpha"])

    assert run.report["remarks"] == {"alpha.prechecks.010_state": "sources as of today"}
    assert "alpha.prechecks.010_state: sources as of today" in caplog.text


def test_a_script_that_commits_leaves_nothing_and_is_not_retried(shop: DagRunner) -> None:
    write_file(shop.scripts, "init/alpha/005_half.sql", "create table report_oibl.half ();\ncommit;\nselect 1 / 0;\n")

    run = shop.run(systems=["alpha"])

    assert run.tries["alpha.init.005_half"] == 1
    assert "ends the transaction it runs in" in run.error_of("alpha.init.005_half")
    assert shop.warehouse.rows("select to_regclass('report_oibl.half')") == [(None,)]


def test_a_script_that_ends_under_another_role_is_stamped(shop: DagRunner) -> None:
    role = f"owner_of_{shop.warehouse.name}"
    grants = f"grant {role} to billing_aggregator; grant create, usage on schema report_oibl to {role}"
    shop.warehouse.execute(f"create role {role}; {grants}")
    write_file(shop.scripts, "init/alpha/020_own.sql", f"set role {role}; create table report_oibl.owned ()")
    try:
        assert shop.run(systems=["alpha"]).state == "success"
    finally:
        shop.warehouse.execute(f"drop owned by {role}; drop role {role}")
