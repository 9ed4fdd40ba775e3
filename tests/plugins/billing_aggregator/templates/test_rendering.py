"""Scripts are templates if they name a documented value; all others reach PostgreSQL as they are."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from billing_aggregator.templates.filters import FILTERS
from billing_aggregator.templates.rendering import find_template_error, is_template, render_script
from billing_aggregator.templates.sandbox import TESTS, VALUES
from postgres_to_s3.errors import PermanentError
from tests.support.repository import REPO
from tests.support.script_values import OF_A_RUN

OLD_SCRIPTS = [
    "select '{{1,2},{3,4}}'::int[], '{{1,2}}'::int[];\n",
    "select 1 {# not a comment #} ;\n",
    "do $$ begin execute format('select %s', '{%'); end $$;\n",
    "select * from t where a like '{%' and environment like '%}';\n",
    'select \'{{"client_id", "x"}}\'::text[];\n',
    "select '{{client_id,1},{environment,2}}'::text[];\n",
    "select array_length('{{', 1), client_id from client where x % 2 = 0;\n",
    "select client_id, environment, business_date, ds from params;\n",
    "select 'a' -- see 110_collect.sql",
    "select 1 /* {% endfor %} */;\r\nselect 2;\r\n",
    "select '{{ unknown }}';\n",
]
DOCUMENTED = (REPO / "include/sql/README.md").read_text("utf-8").partition("## Values")[2].partition("\n## ")[0]
TOKENS = [*["{{", "}}", "{%", "%}", "{#", "#}", "{", "}", "-", "+", "'", "x", "if", ";"], " ", "\n", "\r\n"]


@pytest.mark.parametrize("text", OLD_SCRIPTS)
def test_a_script_of_the_replaced_service_is_sent_unchanged(text: str) -> None:
    assert not is_template(text)
    assert find_template_error(text) is None
    assert render_script(text, OF_A_RUN) == text


@given(st.lists(st.sampled_from(TOKENS), max_size=12).map("".join))
@example("'{{1,2}}'\n")
@example("{")
@example("{{% endraw")
@example("{%- {% +%} {{- }}")
def test_any_text_that_is_no_template_is_sent_unchanged(text: str) -> None:
    assert render_script(text, OF_A_RUN) == text


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("select '{{ client_id }}';", "select 'enercity';"),
        ("select date '{{business_date}}';\n", "select date '2026-11-22';\n"),
        ("{% if environment == 'prod' %}select 1;{% endif %}", "select 1;"),
        (
            "{% if client_id not in ['enercity'] %}a{% elif 2 > 1 and not params.dry_run %}b{% else %}c{% endif %}",
            "c",
        ),
        ("select '{{ ds }}', {{ params.dry_run }};", "select '2026-11-21', True;"),
        (
            "select '{{ client_id | upper }}' || '{{ 'A' if params.dry_run else client_id | lower }}'",
            "select 'ENERCITY' || 'A'",
        ),
        (
            "{{ params.systems[0] }} {{ params['systems'] }} {{ 'tripica' in params.systems }}",
            "tripica ['tripica'] True",
        ),
        ("{{ params.business_date or ds }}", "2026-11-21"),
        ("{% if params.business_date is none and ts is defined %}{{ ts }}{% endif %}", "2026-11-21T02:00:00+00:00"),
        ("{{ run_id }} {{ dag_run.run_id }}", "manual__1 manual__1"),
        ("{% raw %}select '{{1,2}}';{% endraw %}", "select '{{1,2}}';"),
        ("{# a comment #}select '{{ client_id }}'\r\n;\n\n", "select 'enercity'\n;\n\n"),
    ],
)
def test_a_script_that_names_a_value_is_a_template(text: str, rendered: str) -> None:
    assert is_template(text)
    assert find_template_error(text) is None
    assert render_script(text, OF_A_RUN) == rendered


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("{{ logical_date.strftime('%Y%m') }}", "202611"),
        ("{{ logical_date.strftime('%d.%m.%Y %H:%M %% %-d') }}", "21.11.2026 02:00 % 21"),
        ("{{ logical_date.isoformat() }}", "2026-11-21T02:00:00+00:00"),
        ("{{ logical_date.date() }} {{ logical_date.date().isoformat() }}", "2026-11-21 2026-11-21"),
        ("{{ data_interval_end }}", "2026-11-21 02:00:00+00:00"),
        ("{{ logical_date | ds }} {{ logical_date | ds_nodash }}", "2026-11-21 20261121"),
        (
            "{{ data_interval_start | ts }} {{ dag_run.run_after | ts_nodash }}",
            "2026-11-21T02:00:00+00:00 20261122T020000",
        ),
        ("{{ business_date | ds_nodash }} {{ business_date.strftime('%Y') }}", "20261122 2026"),
        ("{{ (params.business_date or (dag_run.logical_date or dag_run.run_after) | ds) }}", "2026-11-21"),
    ],
)
def test_dates_are_formatted_as_airflow_does(text: str, rendered: str) -> None:
    assert find_template_error(text) is None
    assert render_script(text, OF_A_RUN) == rendered


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("select '{{ client_id }}' {% if %}", "not a valid Jinja template, line 1: "),
        ("\n{{ conn.octopus.password }}", "line 2: must use no other value than client_id, environment, business_date"),
        ("{{ (var).value.x ~ client_id }}", "line 1: must use no other value"),
        ("{% set c = conn %}{{ c.octopus.password ~ ds }}", "line 1: must use no other value"),
        ("{% if params.x %}{{ conn['a'] }}{% endif %}", "line 1: must use no other value"),
        ("{{ macros.json.codecs.open('/etc/passwd').read() }}", "line 1: must use no other value"),
        ("{{ ti.get_template_context()['conn'].x }}", "line 1: must use no other value"),
        ("{{ task.dag.connections }}", "line 1: must use no other value"),
        ("{{ client_id }}\n{{ outlet_events }}", "line 2: must use no other value"),
        ("{{ client_id }} {{ bussiness_date }}", "line 1: must use no other value"),
        ("\n{{ self._TemplateReference__context.conn ~ ds }}", "line 2: must use no other value"),
        ("{% include 'x.sql' %}{{ client_id }}", "line 1: must hold nothing but"),
        ("{% import 'x.sql' as x %}{{ client_id }}", "line 1: must hold nothing but"),
        ("{% from 'x.sql' import y %}{{ client_id }}", "line 1: must hold nothing but"),
        ("{% extends 'x.sql' %}{{ client_id }}", "line 1: must hold nothing but"),
        ("{% set name = client_id %}{{ name }}", "line 1: must hold nothing but values, conditions and filters, found"),
        ("{% for name in params.systems %}{{ name }}{% endfor %}", "line 1: must hold nothing but"),
        ("{{ client_id.upper() }}", "line 1: must hold nothing but"),
        ("{{ client_id.upper }}", "line 1: must read no other attribute than params.<name>, dag_run.run_id"),
        ("{{ dag_run.conf }}", "line 1: must read no other attribute than params.<name>, dag_run.run_id"),
        ("{{ ds | ds_format }}", "line 1: must use the filters default, lower, upper"),
        ("{{ ds is odd }}", "line 1: must use no other test than defined and none, found 'odd'"),
        (
            "{{ client_id }}\n\nselect '{{1,2}}'::int[]",
            "line 3: must name a value in '{{ }}'; write SQL with braces between",
        ),
    ],
)
def test_what_a_template_must_not_do_is_named_with_its_line(text: str, problem: str) -> None:
    assert (find_template_error(text) or "").startswith(problem)


@pytest.mark.parametrize(
    "text",
    [
        "select '{{ client_id }}', {{ ds | ds }}, 'conn', conn, var from conn",
        "{% raw %}{{ conn.x }}{% endraw %} {{ client_id }}",
        "select '{{ (conn).password }}'",
        "select '{{ connection }}'",
    ],
)
def test_what_only_looks_like_it_is_no_error(text: str) -> None:
    assert find_template_error(text) is None


@pytest.mark.parametrize("name", sorted({*VALUES} - {"params", "dag_run"}))
def test_every_documented_value_makes_a_template(name: str) -> None:
    assert is_template(f"select '{{{{ {name} }}}}'")


@pytest.mark.parametrize("example", re.findall(r"`([^`]*\{[{%][^`]*)`", DOCUMENTED))
def test_every_example_of_the_contract_is_a_template_that_can_be_rendered(example: str) -> None:
    text = example.replace("<name>", "dry_run").replace("\\|", "|")

    assert is_template(text)
    assert find_template_error(text) is None
    assert render_script(text, OF_A_RUN) != text


def test_the_contract_names_every_value_filter_and_test() -> None:
    missing = [name for name in (*VALUES, *FILTERS, *TESTS) if not re.search(rf"\b{name}\b", DOCUMENTED)]

    assert missing == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("select '{{ client_id }}',\n{{ params.other }}", "line 2: 'dict object' has no attribute 'other'"),
        ("{{ params.business_date | ds }}", "line 1: expected a date, found None"),
        ("{{ client_id.strftime('%Y') }}", "line 1: expected a date, found 'enercity'"),
        ("{{ client_id }}\n\n{% if client_id < 1 %}{% endif %}", "line 3: '<' not supported between instances of"),
    ],
)
def test_a_value_that_a_run_does_not_have_is_an_error_with_its_line(text: str, message: str) -> None:
    with pytest.raises(PermanentError) as caught:
        render_script(text, OF_A_RUN)

    assert str(caught.value).startswith(message)
    assert "logical date" not in str(caught.value)


def test_a_run_without_a_logical_date_says_which_values_it_lacks() -> None:
    values = {name: value for name, value in OF_A_RUN.items() if name in ("client_id", "params", "business_date")}

    with pytest.raises(
        PermanentError, match="line 2: 'ts' is undefined; this run has no logical date, so it has no ds,"
    ):
        render_script("select '{{ client_id }}',\n'{{ ts }}'", values)
    assert render_script("{{ ds | default(business_date) }}", values) == "2026-11-22"
