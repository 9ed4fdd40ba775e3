"""In a run scripts get values and reach no object of Airflow; what is no script is no template."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from airflow.models.renderedtifields import RenderedTaskInstanceFields
from airflow.utils.session import create_session
from sqlalchemy import select

from tests.dags.dag_files import load_dags
from tests.dags.dag_runs import DagRunner
from tests.support.script_files import write_file

DAY = datetime(2026, 3, 1, 2, tzinfo=UTC)
KEY = "enercity/local/archive/delta/numbers/2026-03-01/numbers_0000.csv"
PASSWORD = '{{ self._TemplateReference__context["conn"].bda_warehouse_enercity.password }}{{ client_id }}'


@pytest.mark.parametrize("stage", ["init", "prechecks", "postchecks", "archive", "history", "cleanup"])
def test_a_script_that_reaches_for_a_connection_is_refused_before_any_run(
    runner: DagRunner, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    write_file(runner.scripts, f"{stage}/gamma/500_steal.sql", f"select\n'{PASSWORD}' as stolen;")

    settings = runner.warehouse.environment | {"BDA_SCRIPTS_DIR": str(runner.scripts)}
    (error,) = load_dags(monkeypatch, **settings).import_errors.values()

    assert f"{stage}/gamma/500_steal.sql: line 2: must use no other value than client_id" in error
    assert "found 'self'" in error


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param("columns: [id, '%s']", id="columns"),
        pytest.param("order_by: ['%s', id]", id="order_by"),
        pytest.param("amounts: {total: '%s'}", id="amounts"),
        pytest.param("amounts: {total: {column: amount, where: {'id': '%s'}}}", id="texts of amounts"),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_text_of_systems_yaml_runs_nothing_in_the_worker(
    runner: DagRunner, tmp_path: Path, entry: str, dry_run: bool
) -> None:
    stolen = tmp_path / "stolen"
    code = f'id{{{{ macros.json.codecs.builtins.open("{stolen}", "w").write("") and "" }}}}'
    write_file(runner.scripts, "systems.yaml", f"systems: {{gamma: {{{entry % code}}}}}\n")

    runner.run(systems=["gamma"], dry_run=dry_run)

    assert not stolen.exists()


def test_text_of_systems_yaml_and_of_settings_is_taken_literally(runner: DagRunner) -> None:
    table = (
        '{% raw %}create table report_oibl.gamma_odd as select 1 as "{{ ds }}", null::text as "{% b %}";{% endraw %}'
    )
    write_file(runner.scripts, "init/gamma/020_odd.sql", table)
    write_file(
        runner.scripts,
        "systems.yaml",
        "systems: {gamma: {export: report_oibl.gamma_odd, columns: ['{% b %}', '{{ ds }}'], order_by: ['{{ ds }}'],"
        " amounts: {'{{ run_id }}': {column: '{{ ds }}', where: {'{% b %}': null}}}}}\n",
    )

    run = runner.run(settings={"BDA_EXPORT_NULL": "{{ client_id }}"}, systems=["gamma"])

    assert run.state == "success"
    assert runner.bucket.read("enercity/local/gamma_gamma_odd_0000.csv") == b"{% b %},{{ ds }}\n{{ client_id }},1\n"
    assert run.report["exports"]["gamma.export"]["amounts"] == {"{{ run_id }}": "1.00"}


def test_a_script_gets_all_documented_values(runner: DagRunner) -> None:
    write_file(
        runner.scripts,
        "archive/delta/numbers.sql",
        "select '{{ client_id }}' as a, '{{ environment }}' as b, '{{ business_date }}' as c, '{{ ds }}' as d,\n"
        "'{{ ds_nodash }}' as e, '{{ ts }}' as f, '{{ ts_nodash }}' as g, '{{ data_interval_start }}' as h,\n"
        "'{{ data_interval_end }}' as i, '{{ logical_date }}' as j, '{{ logical_date.strftime('%Y%m') }}' as k,\n"
        "'{{ logical_date | ds }}' as l, '{{ dag_run.logical_date.date() }}' as m,\n"
        "{{ params.max_rows_per_file }} as n, {{ run_id == dag_run.run_id }} as o,\n"
        "'{{ dag_run.run_after is none }}' as p, '{{ params.systems[0] }}' as q;",
    )

    run = runner.run(systems=["delta"], logical_date=DAY, max_rows_per_file=7, allow_past_date=True)

    assert run.state == "success"
    values = "2026-03-01,2026-03-01,20260301,2026-03-01T02:00:00+00:00,20260301T020000"
    moment = "2026-03-01 02:00:00+00:00"
    assert runner.bucket.read(KEY).decode().splitlines()[1] == (
        f"enercity,local,{values},{moment},{moment},{moment},202603,2026-03-01,2026-03-01,7,t,False,delta"
    )


def test_airflow_shows_the_text_of_a_script_with_its_values(runner: DagRunner) -> None:
    write_file(runner.scripts, "init/gamma/030_braces.sql", "select '{{1,2},{3,4}}'::int[] -- 030_braces.sql")
    script = "insert into report_oibl.gamma_results select 3, 0.5 where '{{ environment }}' = 'local'"
    write_file(runner.scripts, "init/gamma/020_more.sql", script)

    run = runner.run(systems=["gamma", "delta"], logical_date=DAY, allow_past_date=True)

    assert run.state == "success"
    with create_session() as session:
        rows = session.scalars(
            select(RenderedTaskInstanceFields).where(RenderedTaskInstanceFields.run_id == run.report["run_id"])
        )
        shown = {row.task_id: row.rendered_fields for row in rows}
    assert shown["gamma.init.020_more"]["sql"] == script.replace("{{ environment }}", "local")
    assert shown["gamma.init.030_braces"]["sql"] == "select '{{1,2},{3,4}}'::int[] -- 030_braces.sql"
    assert shown["delta.archive.numbers"]["s3_key"] == KEY.replace("0000", "{chunk:04d}")
    assert shown["delta.archive.numbers"]["notes"] == {"business_date": "2026-03-01"}


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_value_that_a_run_does_not_have_ends_its_task_at_once(runner: DagRunner, dry_run: bool) -> None:
    write_file(runner.scripts, "init/gamma/020_more.sql", "select '{{ client_id }}',\n'{{ ds }}';")

    run = runner.run(systems=["gamma"], dry_run=dry_run)

    task = "dry_run" if dry_run else "gamma.init.020_more"
    assert (run.state, run.tries[task]) == ("failed", 1)
    assert run.error_of(task).splitlines() == [
        "script 'init/gamma/020_more.sql' failed",
        "line 2: 'ds' is undefined; this run has no logical date, so it has no ds, ds_nodash, ts, ts_nodash,"
        " logical_date, data_interval_start, data_interval_end",
        "A retry cannot help: correct the cause, then clear the task.",
    ]


def test_the_lines_of_an_error_are_those_of_the_file(runner: DagRunner) -> None:
    write_file(
        runner.scripts,
        "init/gamma/020_more.sql",
        "{# why #}select '{{ client_id }}',\n{% if ds %}1,{% endif %}\nwrong;",
    )

    run = runner.run(systems=["gamma"], logical_date=DAY, allow_past_date=True)

    assert "LINE 3: wrong" in run.error_of("gamma.init.020_more")
