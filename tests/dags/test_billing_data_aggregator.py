"""The generated DAG: one group per system, one task per script in alphabetical order, then export and archive."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airflow.providers.common.sql.operators.sql import SQLCheckOperator, SQLExecuteQueryOperator
from airflow.sdk import DAG, BaseOperator, CronTriggerTimetable
from airflow.serialization.serialized_objects import DagSerialization
from airflow.timetables.base import TimeRestriction

from billing_aggregator.scripts.stages import FOLDERS
from billing_aggregator.scripts.tree import read_script_tree
from postgres_to_s3.operators.chunked_sql_to_s3 import ChunkedSqlToS3Operator
from tests.dags.dag_files import DAGS, load_dag, load_dags
from tests.support.script_files import write_scripts

SQL_ROOT = DAGS.parent / "include" / "sql"


@pytest.fixture
def dag(monkeypatch: pytest.MonkeyPatch) -> DAG:
    return load_dag(monkeypatch)


@pytest.fixture
def small_tree(tmp_path: Path) -> Path:
    """A system with every stage, one that comes after it, and one that only archives."""
    write_scripts(
        tmp_path,
        "prechecks/alpha/010_sources.sql",
        "init/alpha/020_b.sql",
        "init/alpha/010_a.sql",
        "init/alpha/100_c.sql",
        "postchecks/alpha/010_totals.sql",
        "archive/alpha/accounts.sql",
        "history/alpha/010_snapshot.sql",
        "cleanup/alpha/010_drop.sql",
        "init/beta/010_a.sql",
        "archive/gamma/list.sql",
    )
    (tmp_path / "systems.yaml").write_text("systems: {beta: {after: [alpha]}}\n")
    return tmp_path


@pytest.fixture
def small_dag(monkeypatch: pytest.MonkeyPatch, small_tree: Path) -> DAG:
    return load_dag(monkeypatch, BDA_SCRIPTS_DIR=str(small_tree), BDA_SYSTEMS="alpha,beta")


def line_from(dag: DAG, task_id: str) -> list[str]:
    """The task and what follows it one by one."""
    line = [task_id]
    while len(following := dag.get_task(line[-1]).downstream_task_ids) == 1:
        line.extend(following)
    return line


def test_the_folder_holds_exactly_these_dags(monkeypatch: pytest.MonkeyPatch) -> None:
    bag = load_dags(monkeypatch)

    assert not bag.import_errors
    assert sorted(bag.dags) == ["billing_data_aggregator", "billing_data_health_check"]


def test_every_script_is_a_task_and_every_script_task_is_a_script(dag: DAG) -> None:
    tree = read_script_tree(SQL_ROOT, "enercity")
    scripts = {
        f"{system.name}.{stage}.{script.name}"
        for system in tree.systems
        for stage in FOLDERS
        for script in system.stage(stage)
    }
    exports = {f"{system.name}.export" for system in tree.systems if system.export}

    assert scripts
    assert set(dag.task_ids) == scripts | exports | {"preflight", "dry_run", "report"}


def test_stages_follow_each_other_and_scripts_run_in_alphabetical_order(small_dag: DAG) -> None:
    assert line_from(small_dag, "alpha.prechecks.010_sources") == [
        "alpha.prechecks.010_sources",
        "alpha.init.010_a",
        "alpha.init.020_b",
        "alpha.init.100_c",
        "alpha.postchecks.010_totals",
    ]
    assert line_from(small_dag, "alpha.export") == [
        "alpha.export",
        "alpha.archive.accounts",
        "alpha.history.010_snapshot",
        "alpha.cleanup.010_drop",
        "report",
    ]


def test_a_system_waits_for_the_results_of_those_it_comes_after(small_dag: DAG) -> None:
    assert small_dag.get_task("alpha.postchecks.010_totals").downstream_task_ids == {"alpha.export", "beta.init.010_a"}
    assert small_dag.get_task("beta.init.010_a").upstream_task_ids == {"preflight", "alpha.postchecks.010_totals"}
    assert small_dag.get_task("gamma.archive.list").upstream_task_ids == {"preflight"}


def test_a_system_is_a_group_with_a_sub_group_per_stage(small_dag: DAG) -> None:
    groups = small_dag.task_group.get_task_group_dict()

    assert {name for name in groups if name} == {
        "alpha",
        *(f"alpha.{stage}" for stage in FOLDERS),
        "beta",
        "beta.init",
        "gamma",
        "gamma.archive",
    }


@pytest.mark.parametrize(
    ("task_id", "operator"),
    [
        ("alpha.prechecks.010_sources", SQLCheckOperator),
        ("alpha.init.010_a", SQLExecuteQueryOperator),
        ("alpha.postchecks.010_totals", SQLCheckOperator),
        ("alpha.export", ChunkedSqlToS3Operator),
        ("alpha.archive.accounts", ChunkedSqlToS3Operator),
        ("alpha.history.010_snapshot", SQLExecuteQueryOperator),
        ("alpha.cleanup.010_drop", SQLExecuteQueryOperator),
    ],
)
def test_each_stage_has_its_operator(small_dag: DAG, task_id: str, operator: type[BaseOperator]) -> None:
    assert isinstance(small_dag.get_task(task_id), operator)


def test_results_are_exported_under_stable_keys_and_archives_under_dated_ones(small_dag: DAG) -> None:
    export, archive = small_dag.get_task("alpha.export"), small_dag.get_task("alpha.archive.accounts")

    assert export.table == "report_oibl.alpha_results"
    assert export.s3_key == "enercity/dev/alpha_alpha_results_{chunk:04d}.csv"
    assert archive.s3_key == "enercity/dev/archive/alpha/accounts/{date}/accounts_{chunk:04d}.csv"


def test_every_task_of_a_script_names_it_for_logs_and_alerts(small_dag: DAG) -> None:
    scripts = {task.task_id: getattr(task, "script", None) for task in small_dag.tasks}

    assert scripts["alpha.archive.accounts"] == "archive/alpha/accounts.sql"
    assert scripts["alpha.postchecks.010_totals"] == "postchecks/alpha/010_totals.sql"
    assert scripts["alpha.export"] is None


def test_the_export_of_a_system_is_an_asset(small_dag: DAG) -> None:
    (asset,) = small_dag.get_task("alpha.export").outlets

    assert asset.uri == "s3://billing-exports-dev/enercity/dev/alpha_alpha_results"


def test_no_task_is_left_with_the_name_of_a_file_instead_of_its_sql(dag: DAG) -> None:
    texts = {task.task_id: getattr(task, "sql", None) or "" for task in dag.tasks}

    assert not [task_id for task_id, text in texts.items() if text.strip().endswith(".sql")]


def test_it_runs_daily_at_two_and_never_twice_at_once(dag: DAG) -> None:
    assert dag.schedule == CronTriggerTimetable("0 2 * * *", timezone="UTC", run_immediately=timedelta(minutes=30))
    assert not dag.catchup
    assert dag.max_active_runs == 1
    assert dag.dagrun_timeout == timedelta(hours=2)


@pytest.mark.parametrize(("schedule", "shown"), [("off", None), ("30 3 * * 1-5", "30 3 * * 1-5")])
def test_a_deployment_may_have_another_schedule_or_none(
    monkeypatch: pytest.MonkeyPatch, schedule: str, shown: str | None
) -> None:
    assert getattr(load_dag(monkeypatch, BDA_SCHEDULE=schedule).timetable, "expression", None) == shown


def test_a_new_deployment_waits_for_the_next_night_instead_of_making_up_for_the_last_one(dag: DAG) -> None:
    scheduled = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    assert scheduled.start_date is None

    first = scheduled.timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(earliest=None, latest=None, catchup=False)
    )

    assert first.run_after.hour == 2
    assert first.run_after > datetime.now(UTC) - timedelta(minutes=30)


def test_every_task_retries_twice_and_has_an_owner(dag: DAG) -> None:
    assert {task.retries for task in dag.tasks} == {2}
    assert {task.owner for task in dag.tasks} == {"billing-data"}
    assert all(task.retry_exponential_backoff for task in dag.tasks)


def test_the_number_of_connections_limits_the_number_of_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_dag(monkeypatch, BDA_DB_MAX_CONNS="3").max_active_tasks == 3


def test_its_documentation_is_the_docstring_of_its_file(dag: DAG) -> None:
    assert "A task failed?" in str(dag.doc_md)
    assert {"billing", "enercity", "dev"} == set(dag.tags)


def test_the_trigger_form_offers_all_systems_and_selects_the_default_ones(
    monkeypatch: pytest.MonkeyPatch, small_tree: Path
) -> None:
    dag = load_dag(monkeypatch, BDA_SCRIPTS_DIR=str(small_tree), BDA_SYSTEMS="alpha,beta", BDA_IGNORE_SYSTEMS="beta")
    systems = dag.params.get_param("systems")

    assert systems.value == ["alpha", "gamma"]
    assert systems.schema["items"]["enum"] == ["alpha", "beta", "gamma"]
    assert systems.schema["examples"] == ["alpha", "beta", "gamma"]


def test_settings_are_the_defaults_of_the_other_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    dag = load_dag(monkeypatch, BDA_MAX_ROW_SIZE_FILE="500", BDA_DRY_RUN="true")

    assert dag.params["max_rows_per_file"] == 500
    assert dag.params["dry_run"] is True
    assert dag.params["business_date"] is None


@pytest.mark.parametrize(
    ("url", "links"),
    [
        ("", ["S3 objects"]),
        ("https://s3.eu-central-1.amazonaws.com", ["S3 objects"]),
        ("http://127.0.0.1:8333", []),
    ],
)
def test_exports_have_a_link_where_a_console_shows_their_objects(
    monkeypatch: pytest.MonkeyPatch, small_tree: Path, url: str, links: list[str]
) -> None:
    # As the UI reads a DAG; see test_s3_objects_link.py.
    monkeypatch.setattr(DagSerialization, "_load_operator_extra_links", True)
    dag = load_dag(monkeypatch, BDA_SCRIPTS_DIR=str(small_tree), BDA_S3_URL=url)

    shown = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))

    assert {task_id: shown.get_task(task_id).extra_links for task_id in ("alpha.export", "alpha.archive.accounts")} == {
        "alpha.export": links,
        "alpha.archive.accounts": links,
    }


def test_wrong_settings_are_one_import_error_that_lists_them_all(monkeypatch: pytest.MonkeyPatch) -> None:
    bag = load_dags(monkeypatch, BDA_CLIENT_ID="", BDA_DB_PORT="many", BDA_DB_HOST="db")

    (message,) = {error for file, error in bag.import_errors.items() if file.endswith("billing_data_aggregator.py")}
    for name in ("BDA_CLIENT_ID", "BDA_DB_PORT", "BDA_DB_PASSWORD"):
        assert name in message


def test_a_missing_script_root_is_an_import_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bag = load_dags(monkeypatch, BDA_SCRIPTS_DIR=str(tmp_path / "nowhere"))

    (error,) = bag.import_errors.values()
    assert error.strip().endswith(
        f"no scripts found: BDA_SCRIPTS_DIR must be a folder with stages; of its path only '{tmp_path}' can be reached"
    )


def test_a_misspelt_client_is_an_import_error_that_names_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    bag = load_dags(monkeypatch, BDA_CLIENT_ID="enercty")

    (error,) = bag.import_errors.values()
    assert "BDA_CLIENT_ID names a client that the script tree does not know" in error
    assert error.strip().endswith("did you mean 'enercity'?")


def test_parsing_needs_no_database_no_s3_and_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("parsing a DAG file must not look anything up")

    for target in ("airflow.sdk.Variable.get", "airflow.sdk.Connection.get", "socket.socket.connect"):
        monkeypatch.setattr(target, refuse)

    load_dag(monkeypatch, BDA_DB_HOST="db.invalid", BDA_DB_PASSWORD="secret-of-a-test")


def test_settings_of_the_exports_are_arguments_of_every_export(
    monkeypatch: pytest.MonkeyPatch, small_tree: Path
) -> None:
    dag = load_dag(
        monkeypatch,
        BDA_SCRIPTS_DIR=str(small_tree),
        BDA_SYSTEMS="alpha,beta",
        BDA_EXPORT_DIALECT="excel-de",
        BDA_EXPORT_COMPRESSION="gzip",
        BDA_EXPORT_CONNECTIONS="3",
        BDA_EXPORT_KEY="out/{client}/{system}/{table}/{chunk:03d}.csv",
        BDA_ARCHIVE_KEY="kept/{system}/{date}/{script}_{chunk}.csv",
    )
    export, archive = dag.get_task("alpha.export"), dag.get_task("alpha.archive.accounts")

    assert export.s3_key == "out/enercity/alpha/alpha_results/{chunk:03d}.csv"
    assert archive.s3_key == "kept/alpha/{date}/accounts_{chunk}.csv"
    assert {(task.dialect, task.compression) for task in (export, archive)} == {("excel-de", "gzip")}
    assert export.connections == 3
    assert [asset.uri for asset in export.outlets] == ["s3://billing-exports-dev/out/enercity/alpha_alpha_results"]


def test_a_system_says_which_columns_are_exported_and_how_they_are_sorted(
    monkeypatch: pytest.MonkeyPatch, small_tree: Path
) -> None:
    (small_tree / "systems.yaml").write_text("systems: {alpha: {columns: [b, a], order_by: [a]}}\n")
    dag = load_dag(monkeypatch, BDA_SCRIPTS_DIR=str(small_tree), BDA_SYSTEMS="alpha,beta")

    assert (dag.get_task("alpha.export").columns, dag.get_task("alpha.export").order_by) == (("b", "a"), ("a",))
    assert dag.get_task("beta.export").columns is None


def test_exports_that_would_write_the_same_files_are_refused_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_scripts(tmp_path, "init/a/010_x.sql", "init/a_b/010_x.sql", "archive/c/list.sql", "archive/c/list_.sql")
    (tmp_path / "systems.yaml").write_text(
        "systems: {a: {export: report_oibl.b_results}, a_b: {export: report_oibl.results}}\n"
    )
    keys = {"BDA_ARCHIVE_KEY": "{system}_{script}_{chunk}.csv"}

    bag = load_dags(monkeypatch, BDA_SCRIPTS_DIR=str(tmp_path), BDA_SYSTEMS="a,a_b,c", **keys)

    (error,) = bag.import_errors.values()
    assert "2 problems in the script tree" in error
    assert "system 'a_b' and system 'a' would both write 'enercity/dev/a_b_results.manifest.json'" in error
    assert "archive/c/list_.sql and archive/c/list.sql would both write 'c_list.manifest.json'" in error


def test_a_file_of_one_export_must_not_be_a_file_of_another_with_another_manifest(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_scripts(tmp_path, "init/a/010_x.sql", "archive/a/results.sql")
    (tmp_path / "systems.yaml").write_text("systems: {a: {export: report_oibl.results_0}}\n")
    keys = {"BDA_EXPORT_KEY": "{system}_{table}_{chunk}.csv", "BDA_ARCHIVE_KEY": "{system}_{script}_{chunk}_5.csv"}

    bag = load_dags(monkeypatch, BDA_SCRIPTS_DIR=str(tmp_path), BDA_SYSTEMS="a", **keys)

    (error,) = bag.import_errors.values()
    assert "archive/a/results.sql and system 'a' would both write 'a_results_0_5.csv'; rename one of them" in error


def test_a_table_whose_name_ends_in_a_digit_has_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_scripts(tmp_path, "init/a/010_x.sql")
    (tmp_path / "systems.yaml").write_text("systems: {a: {export: report_oibl.results2}}\n")

    dag = load_dag(monkeypatch, BDA_SCRIPTS_DIR=str(tmp_path), BDA_SYSTEMS="a")

    assert dag.get_task("a.export").s3_key == "enercity/dev/a_results2_{chunk:04d}.csv"


def test_many_systems_that_only_archive_may_stand_between_two(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Each layer doubles the number of ways from the last system to the first.
    layers = [["first"], *([f"a{place}", f"b{place}"] for place in range(30)), ["last"]]
    write_scripts(tmp_path, "init/first/1.sql", *(f"archive/{name}/1.sql" for layer in layers[1:] for name in layer))
    entries = {name: {"after": before} for before, layer in itertools.pairwise(layers) for name in layer}
    (tmp_path / "systems.yaml").write_text(json.dumps({"systems": entries}))

    dag = load_dag(monkeypatch, BDA_SCRIPTS_DIR=str(tmp_path), BDA_SYSTEMS="first")

    assert dag.get_task("last.archive.1").upstream_task_ids == {"preflight", "first.init.1"}


def test_every_task_explains_itself_and_says_what_to_do_when_it_fails(dag: DAG) -> None:
    assert [task.task_id for task in dag.tasks if "#### If it fails\n\n" not in (task.doc_md or "")] == []


def test_display_names_tell_tasks_apart_in_a_list_of_all(dag: DAG) -> None:
    names = [task.task_display_name for task in dag.tasks]

    assert "300 Date open items (tripica)" in names
    assert sorted(name for name in {*names} if names.count(name) > 1) == []


def test_groups_say_what_they_are_for(dag: DAG) -> None:
    groups = {name: group for name, group in dag.task_group.get_task_group_dict().items() if name}

    assert groups["tripica"].tooltip.startswith("The Open Items and Balance List")
    assert groups["tripica.postchecks"].tooltip == "Checks of the results, before anything is exported"
    assert [name for name, group in groups.items() if not group.tooltip] == []


def test_documents_that_the_manual_names_are_linked_where_it_is_known_where_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dag = load_dag(monkeypatch, BDA_SOURCE_URL="https://git.example/billing/blob/v1.0.0")

    assert "](https://git.example/billing/blob/v1.0.0/docs/operations.md)" in (dag.doc_md or "")
    assert "](https://git.example/billing/blob/v1.0.0/docs/domain.md#31-due-date)" in (
        dag.get_task("tripica.init.300_date_open_items").doc_md or ""
    )
