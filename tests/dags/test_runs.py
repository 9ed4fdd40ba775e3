"""Whole runs of the DAG: what is selected runs, what fails stops what depends on it and nothing else."""

from __future__ import annotations

import gzip
import shutil
from datetime import UTC, date, datetime
from typing import Any

import pytest
from airflow.sdk.exceptions import ParamValidationError

from tests.dags.dag_runs import DagRunner
from tests.support.export_runner import use_driver
from tests.support.hostile_role import settings_of_role
from tests.support.script_files import write_file
from tests.support.warehouse import Warehouse

TODAY = datetime.now(UTC).date()
ALPHA_FILE = b"id,amount\n1,1.10\n2,2.20\n3,3.30\n4,4.40\n5,5.50\n"


def warehouse_contents(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """Every table of the report schemas: the object, its file, its comment and all of its rows."""
    tables = warehouse.rows(
        "select oid::regclass::text, oid, relfilenode, obj_description(oid) from pg_class"
        " where relkind in ('r', 'v') and relnamespace::regnamespace::text like 'report%' order by 1"
    )
    return [(*table, warehouse.rows(f"select t::text from {table[0]} as t order by 1")) for table in tables]


def test_every_selected_system_is_built_checked_and_exported(runner: DagRunner) -> None:
    run = runner.run()

    assert run.state == "success"
    assert runner.bucket.read("enercity/local/alpha_alpha_results_0000.csv") == ALPHA_FILE
    assert [key for key in runner.bucket.keys() if key.endswith(".csv")] == [
        "enercity/local/alpha_alpha_results_0000.csv",
        f"enercity/local/archive/delta/numbers/{TODAY}/numbers_0000.csv",
        "enercity/local/beta_beta_results_0000.csv",
        "enercity/local/gamma_gamma_results_0000.csv",
    ]


def test_the_report_tells_rows_files_and_bytes_of_each_export(runner: DagRunner) -> None:
    run = runner.run(max_rows_per_file=2)

    export = run.report["exports"]["alpha.export"]
    assert (export["rows"], export["files"]) == (5, 3)
    assert export["bytes"] == len(ALPHA_FILE) + 2 * len("id,amount\n")
    assert run.report["systems"] == dict.fromkeys(("alpha", "beta", "delta", "gamma"), "success")
    assert run.report["failures"] == {}


def test_deselected_systems_are_skipped_and_do_not_hold_up_others(runner: DagRunner) -> None:
    runner.run(systems=["alpha"])
    before = runner.exported()

    run = runner.run(systems=["beta"])

    assert run.state == "success"
    assert run.report["systems"] == {
        "alpha": "skipped",
        "beta": "success",
        "delta": "skipped",
        "gamma": "skipped",
    }
    assert not [task_id for task_id, state in run.states.items() if state in ("failed", "upstream_failed")]
    assert [key for key in runner.exported() if key not in before] == [
        "enercity/local/beta_beta_results.manifest.json",
        "enercity/local/beta_beta_results_0000.csv",
    ]


def test_a_deselected_system_that_only_archives_does_not_skip_what_comes_after_it(runner: DagRunner) -> None:
    write_file(runner.scripts, "systems.yaml", "systems: {delta: {after: [alpha]}, beta: {after: [delta]}}\n")
    runner.run(systems=["alpha"])

    run = runner.run(systems=["beta"])

    assert run.report["systems"]["beta"] == "success"
    assert "enercity/local/beta_beta_results_0000.csv" in runner.bucket.keys()


def test_a_failure_reaches_what_comes_after_it_through_a_system_that_only_archives(runner: DagRunner) -> None:
    write_file(runner.scripts, "systems.yaml", "systems: {delta: {after: [alpha]}, beta: {after: [delta]}}\n")
    write_file(runner.scripts, "init/alpha/020_wrong.sql", "select amount from nowhere;")

    run = runner.run(systems=["alpha", "beta"])

    assert run.report["systems"]["beta"] == "upstream_failed"


def test_a_failed_system_stops_its_dependants_but_not_an_independent_one(runner: DagRunner) -> None:
    write_file(runner.scripts, "init/alpha/020_wrong.sql", "select amount from nowhere;")

    run = runner.run()

    assert run.state == "failed"
    assert run.report["systems"] == {
        "alpha": "failed",
        "beta": "upstream_failed",
        "delta": "success",
        "gamma": "success",
    }
    assert "enercity/local/gamma_gamma_results_0000.csv" in runner.bucket.keys()
    assert not runner.bucket.keys("enercity/local/alpha")
    assert not runner.bucket.keys("enercity/local/beta")


def test_a_run_whose_export_was_marked_as_a_success_by_hand_is_not_green(runner: DagRunner) -> None:
    run = runner.run(systems=["alpha"], marked_as_success="alpha.export")

    assert (run.state, run.states["report"]) == ("failed", "failed")
    assert run.report["doubts"] == [
        "alpha.export was marked as a success by hand: what it exported, if anything, is not known"
    ]
    assert runner.exported() == {}


def test_a_run_whose_script_was_marked_as_a_success_by_hand_exports_nothing(runner: DagRunner) -> None:
    run = runner.run(systems=["gamma"])
    assert run.state == "success"
    before = runner.exported()

    run = runner.run(systems=["gamma"], marked_as_success="gamma.init.010_build")

    assert (run.state, run.states["gamma.export"]) == ("failed", "failed")
    assert "has replaced the results of 'gamma': clear 'gamma' in this run" in run.error_of("gamma.export")
    assert runner.exported() == before
    assert run.report["doubts"] == ["gamma.init.010_build was marked as a success by hand: its script did not run"]


def test_a_run_gives_the_lock_of_the_warehouse_back_also_when_it_fails(runner: DagRunner) -> None:
    write_file(runner.scripts, "init/alpha/020_wrong.sql", "select amount from nowhere;")

    run = runner.run(systems=["alpha"])

    assert run.state == "failed"
    assert runner.warehouse.rows("select count(*) from report_oibl_work.run_lock") == [(0,)]


def test_a_deselected_system_is_skipped_also_when_a_system_before_it_failed(runner: DagRunner) -> None:
    write_file(runner.scripts, "init/alpha/020_wrong.sql", "select amount from nowhere;")

    run = runner.run(systems=["alpha", "gamma"])

    assert run.report["systems"] == {"alpha": "failed", "beta": "skipped", "delta": "skipped", "gamma": "success"}


def test_an_error_in_a_script_names_the_script_and_is_not_retried(runner: DagRunner) -> None:
    write_file(runner.scripts, "init/alpha/020_wrong.sql", "select 1;\nselect amount\nfrom nowhere;")

    run = runner.run(systems=["alpha"])

    assert run.tries["alpha.init.020_wrong"] == 1
    error = run.error_of("alpha.init.020_wrong")
    assert "init/alpha/020_wrong.sql" in error
    assert 'relation "nowhere" does not exist' in error
    assert "LINE 3" in error


def test_a_failed_script_leaves_neither_its_statements_nor_a_changed_export(runner: DagRunner) -> None:
    runner.run(systems=["alpha"])
    before = runner.exported()
    write_file(runner.scripts, "init/alpha/020_wrong.sql", "truncate report_oibl.alpha_results; select 1 / 0;")

    run = runner.run(systems=["alpha"])

    assert run.state == "failed"
    assert runner.exported() == before
    assert runner.warehouse.rows("select count(*) from report_oibl.alpha_results") == [(5,)]


def test_an_error_that_may_pass_is_retried(runner: DagRunner) -> None:
    runner.warehouse.execute("create sequence report_oibl.tries; grant all on report_oibl.tries to public")
    write_file(
        runner.scripts,
        "init/alpha/020_busy.sql",
        "do $$ begin if nextval('report_oibl.tries') < 2 then"
        " raise exception 'busy' using errcode = 'serialization_failure'; end if; end $$;",
    )

    run = runner.run(systems=["alpha"])

    assert run.state == "success"
    assert run.tries["alpha.init.020_busy"] == 2


def test_a_check_that_is_not_true_stops_the_system_and_shows_its_figures(runner: DagRunner) -> None:
    write_file(
        runner.scripts,
        "postchecks/alpha/020_totals.sql",
        "select sum(amount) = 99 as total_is_99, format('total is %s', sum(amount)) as details"
        " from report_oibl.alpha_results;",
    )

    run = runner.run(systems=["alpha"])

    assert run.state == "failed"
    assert run.tries["alpha.postchecks.020_totals"] == 1
    for text in ("'total_is_99' is not true", "total is 16.50", "postchecks/alpha/020_totals.sql"):
        assert text in run.error_of("alpha.postchecks.020_totals")
    assert run.error_of("alpha.postchecks.020_totals").splitlines()[1].endswith(": total is 16.50")
    assert runner.exported() == {}


def test_a_dry_run_leaves_warehouse_and_bucket_as_they_were(runner: DagRunner) -> None:
    write_file(runner.scripts, "history/alpha/010_count.sql", "create table if not exists report_oibl.history ();")
    runner.run(systems=["alpha", "beta", "gamma"])
    before = (warehouse_contents(runner.warehouse), runner.exported())
    write_file(runner.scripts, "init/alpha/020_more.sql", "insert into report_oibl.alpha_results values (6, 6.6);")
    write_file(runner.scripts, "history/alpha/020_more.sql", "create table report_oibl.more_history ();")

    run = runner.run(dry_run=True)

    assert run.state == "success"
    assert (warehouse_contents(runner.warehouse), runner.exported()) == before
    assert run.report["systems"] == dict.fromkeys(("alpha", "beta", "delta", "gamma"), "success")
    exports = run.report["exports"]
    assert {task_id: summary["rows"] for task_id, summary in exports.items()} == {
        "alpha.export": 6,
        "beta.export": 3,
        "delta.archive.numbers": 3,
        "gamma.export": 2,
    }
    assert exports["alpha.export"]["bytes"] == len(ALPHA_FILE) + len("6,6.60\n")
    assert {summary["dry_run"] for summary in exports.values()} == {True}
    assert {state for task_id, state in run.states.items() if "." in task_id} == {"skipped"}


def test_a_system_finds_in_a_dry_run_what_those_before_it_have_built(runner: DagRunner) -> None:
    write_file(runner.scripts, "init/beta/005_read.sql", "select 1 / count(*) from report_oibl.alpha_results;")
    write_file(runner.scripts, "init/beta/006_temporary.sql", "create temp table picked ();")
    write_file(runner.scripts, "init/beta/007_temporary.sql", "create temp table picked ();")

    run = runner.run(systems=["alpha", "beta"], dry_run=True)

    assert run.state == "success"
    assert runner.warehouse.rows("select to_regclass('report_oibl.alpha_results') is null") == [(True,)]


@pytest.mark.parametrize(
    ("script", "text", "message"),
    [
        ("init/alpha/020_wrong.sql", "select amount from nowhere;", 'relation "nowhere" does not exist'),
        ("postchecks/alpha/020_false.sql", "select false as is_right", "'is_right' is not true"),
        ("init/alpha/020_ends.sql", "select 1; commit; select 2;", "ends the transaction it runs in"),
    ],
)
def test_a_dry_run_fails_where_the_run_would(runner: DagRunner, script: str, text: str, message: str) -> None:
    write_file(runner.scripts, script, text)

    run = runner.run(systems=["alpha"], dry_run=True)

    assert (run.state, run.tries["dry_run"]) == ("failed", 1)
    assert run.report["systems"]["alpha"] == "failed"
    assert script in run.error_of("dry_run")
    assert message in run.error_of("dry_run")


def test_a_real_run_skips_the_dry_run(runner: DagRunner) -> None:
    assert runner.run(systems=["gamma"]).states["dry_run"] == "skipped"


def test_a_repeated_run_writes_the_same_files(runner: DagRunner) -> None:
    logical_date = datetime(2026, 3, 1, 2, tzinfo=UTC)
    runner.run(logical_date=logical_date, allow_past_date=True)
    before = runner.exported()

    runner.run(logical_date=logical_date, allow_past_date=True)

    assert {key: body for key, body in runner.exported().items() if key.endswith(".csv")} == {
        key: body for key, body in before.items() if key.endswith(".csv")
    }


@pytest.mark.parametrize(
    ("logical_date", "business_date", "expected"),
    [
        pytest.param(datetime(2026, 3, 1, 2, tzinfo=UTC), None, date(2026, 3, 1), id="the run's own day"),
        pytest.param(None, None, TODAY, id="no logical date"),
        pytest.param(None, "2025-12-31", date(2025, 12, 31), id="asked for"),
    ],
)
def test_the_archive_is_filed_under_the_business_date(
    runner: DagRunner, logical_date: datetime | None, business_date: str | None, expected: date
) -> None:
    runner.run(logical_date=logical_date, systems=["delta"], business_date=business_date, allow_past_date=True)

    assert f"enercity/local/archive/delta/numbers/{expected}/numbers_0000.csv" in runner.bucket.keys()


def test_scripts_are_rendered_with_client_environment_and_business_date(runner: DagRunner) -> None:
    write_file(
        runner.scripts,
        "archive/delta/numbers.sql",
        "select '{{ client_id }}' as client, '{{ environment }}' as env, '{{ business_date }}'::date as day;",
    )

    runner.run(systems=["delta"], business_date="2026-01-31", allow_past_date=True)

    (key,) = (key for key in runner.bucket.keys() if key.endswith(".csv"))
    assert runner.bucket.read(key) == b"client,env,day\nenercity,local,2026-01-31\n"


@pytest.mark.parametrize(
    ("conf", "message"),
    [
        pytest.param({"dryrun": True}, "unknown 'dryrun': did you mean 'dry_run'?", id="misspelt parameter"),
        pytest.param({"business_date": "2026-01-31"}, "2026-01-31 is in the past, today is", id="past date"),
        pytest.param({"business_date": "2126-01-31"}, "2126-01-31 is in the future", id="future date"),
    ],
)
def test_a_run_that_was_hardly_meant_is_refused_before_anything_is_touched(
    runner: DagRunner, conf: dict[str, Any], message: str
) -> None:
    run = runner.run(**conf)

    assert (run.state, run.tries["preflight"]) == ("failed", 1)
    assert message in run.error_of("preflight")
    assert "A retry cannot help: trigger a new run with" in run.error_of("preflight")
    assert "clear the task" not in run.error_of("preflight")
    assert run.report["refused"]
    assert runner.exported() == {}
    assert runner.warehouse.rows("select to_regclass('report_oibl.alpha_results') is null") == [(True,)]


def test_an_unknown_system_is_refused_by_airflow(runner: DagRunner) -> None:
    with pytest.raises(ParamValidationError, match="'nope' is not one of"):
        runner.run(systems=["nope"])


def test_a_wrong_password_fails_the_preflight_at_once(runner: DagRunner) -> None:
    run = runner.run(settings={"BDA_DB_PASSWORD": "not-the-password"})

    assert run.state == "failed"
    assert run.tries["preflight"] == 1
    assert "password authentication failed" in run.error_of("preflight")
    assert not run.report["refused"]
    assert "not-the-password" not in run.error_of("preflight")
    assert runner.exported() == {}


def test_a_missing_bucket_fails_the_preflight_at_once(runner: DagRunner) -> None:
    run = runner.run(settings={"BDA_S3_BUCKET": "no-such-bucket"})

    assert run.state == "failed"
    assert run.tries["preflight"] == 1
    assert "s3://no-such-bucket" in run.error_of("preflight")
    assert run.states["alpha.init.010_build"] == "upstream_failed"


def test_no_secret_reaches_the_log_the_report_or_a_manifest(
    runner: DagRunner, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    secrets = [
        runner.warehouse.environment["BDA_DB_PASSWORD"],
        runner.bucket.environment["BDA_S3_SECRET_ACCESS_KEY"],
    ]

    run = runner.run(settings={"BDA_LOG_LEVEL": "debug"})

    written = "".join(capfd.readouterr()) + caplog.text + str(run.report) + str(runner.exported())
    assert "create table if not exists report_oibl.alpha_results" in written
    assert "insert into report_oibl_work.run_lock (token, client_id, dag_id, run_id, origin) values (%s" in written
    assert not [secret for secret in secrets if secret in written]


def test_settings_decide_how_files_are_written_and_whether_they_are_read_again(runner: DagRunner) -> None:
    settings = {
        "BDA_EXPORT_DIALECT": "excel-de",
        "BDA_EXPORT_COMPRESSION": "gzip",
        "BDA_EXPORT_KEY": "{system}/{table}_{chunk}.csv",
        "BDA_EXPORT_VERIFY": "true",
    }

    run = runner.run(settings=settings, systems=["gamma"])

    assert (run.state, run.states["gamma.verify"]) == ("success", "success")
    assert runner.bucket.keys() == ["gamma/gamma_results.manifest.json", "gamma/gamma_results_0.csv.gz"]
    content = gzip.decompress(runner.bucket.read("gamma/gamma_results_0.csv.gz"))
    assert content == b'\xef\xbb\xbf"id";"amount"\r\n1;1,10\r\n2;2,20\r\n'


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_deployment_has_settings_of_its_own_for_the_sessions_of_scripts(runner: DagRunner, dry_run: bool) -> None:
    write_file(runner.scripts, "init/gamma/020_memory.sql", "select 1 / (current_setting('work_mem') = '7MB')::int;")

    run = runner.run(settings={"BDA_SCRIPT_SESSION": "work_mem=7MB"}, systems=["gamma"], dry_run=dry_run)

    assert run.state == "success"


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
def test_a_run_gives_the_same_files_whatever_the_role_has_set(
    monkeypatch: pytest.MonkeyPatch, runner: DagRunner, driver: str
) -> None:
    use_driver(monkeypatch, driver)
    build = """
        create table report_oibl.alpha_results as
        select current_date = current_date::text::date as is_read_back, length(current_date::text) as letters,
            interval '1 day 2 hours'::text as waited, date '2026-02-01' as day, 'Müller €' as name
    """
    check = "select now() as checked_at, interval '1 second' as took, count(*) = 1 as has_rows"
    write_file(runner.scripts, "init/alpha/010_build.sql", f"drop table if exists report_oibl.alpha_results; {build}")
    write_file(runner.scripts, "postchecks/alpha/010_rows.sql", f"{check} from report_oibl.alpha_results")
    runner.warehouse.execute(settings_of_role(runner.warehouse.name))

    assert runner.run(systems=["alpha"], dry_run=True).state == "success"
    assert runner.run(systems=["alpha"]).state == "success"
    assert runner.bucket.read("enercity/local/alpha_alpha_results_0000.csv") == (
        "is_read_back,letters,waited,day,name\nt,10,1 day 02:00:00,2026-02-01,Müller €\n".encode()
    )


@pytest.mark.parametrize("driver", ["psycopg2", "psycopg"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_script_reads_days_and_months_in_the_order_that_the_role_has_set(
    monkeypatch: pytest.MonkeyPatch, runner: DagRunner, driver: str, dry_run: bool
) -> None:
    use_driver(monkeypatch, driver)
    check = "select date '01/02/2026' = date '2026-02-01' as reads_the_day_first"
    for name in ("010_rows", "020_again"):
        write_file(runner.scripts, f"postchecks/alpha/{name}.sql", check)
    database = runner.warehouse.name
    runner.warehouse.execute(f"alter role billing_aggregator in database {database} set datestyle = 'SQL, DMY'")

    assert runner.run(systems=["alpha"], dry_run=dry_run).state == "success"


def test_a_tree_of_the_replaced_service_runs_unchanged(runner: DagRunner) -> None:
    for old in ("init/beta", "init/gamma", "postchecks/alpha", "archive/delta"):
        shutil.rmtree(runner.scripts / old)
    write_file(runner.scripts, "init/alpha/README.md", "How the scripts came about.")
    write_file(runner.scripts, "init/alpha/NOEXEC_020_old.sql", "this is no SQL")
    write_file(runner.scripts, "systems.yaml", "systems: {}\n")
    (runner.scripts / "history" / "alpha").mkdir(parents=True)
    write_file(
        runner.scripts,
        "init/alpha/enercity/015-temp.sql",
        "create temp table picked as select '{{1,2},{3,4}}'::int[] as pairs, '{' as brace, '100 %' as share;\n"
        "do $$\nbegin\n    if exists (select 1 from picked where share like '%\\%' and brace = '{') then\n"
        "        insert into report_oibl.alpha_results select pairs[2][1], 0.5 from picked;\n    end if;\nend;\n$$;\n",
    )
    write_file(runner.scripts, "init/alpha/other-client/015-temp.sql", "select 1 / 0;")

    run = runner.run(settings={"BDA_SYSTEMS": "alpha"}, systems=["alpha"])

    assert run.state == "success"
    assert runner.bucket.read("enercity/local/alpha_alpha_results_0000.csv") == ALPHA_FILE + b"3,0.50\n"
