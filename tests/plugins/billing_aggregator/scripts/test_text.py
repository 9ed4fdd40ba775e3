"""Scripts are Jinja templates if they name a documented value; all others reach PostgreSQL as they are."""

from __future__ import annotations

import jinja2
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from billing_aggregator.scripts.text import (
    DOCUMENTED_VALUES,
    as_template,
    find_template_error,
    has_statement,
    is_template,
)

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
    "select 1 /* {% endfor %} */;\n",
    "select '{{ unknown }}';\n",
]
TOKENS = [*["{{", "}}", "{%", "%}", "{#", "#}", "{", "}", "-", "+", "'", "x", "if", ";"], " ", "\n", "\r\n"]


def render(text: str) -> str:
    values = {
        "client_id": "enercity",
        "environment": "prod",
        "business_date": "2026-11-22",
        "ds": "2026-11-21",
    }
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)  # noqa: S701
    return environment.from_string(as_template(text)).render(values, params={"dry_run": True})


@pytest.mark.parametrize("text", OLD_SCRIPTS)
def test_a_script_of_the_replaced_service_is_rendered_unchanged(text: str) -> None:
    assert not is_template(text)
    assert render(text) == (text if text.endswith("\n") else text + "\n")


@given(st.lists(st.sampled_from(TOKENS), max_size=12).map("".join))
@example("'{{1,2}}'\n")
@example("{")
@example("{{% endraw")
@example("{%- {% +%} {{- }}")
def test_any_text_that_is_no_template_is_rendered_unchanged(text: str) -> None:
    line_end = "" if text.endswith("\n") else "\n"

    assert render(text) == text.replace("\r\n", "\n") + line_end


@pytest.mark.parametrize(
    ("text", "rendered"),
    [
        ("select '{{ client_id }}';", "select 'enercity';\n"),
        ("select date '{{business_date}}';\n", "select date '2026-11-22';\n"),
        ("{% if environment == 'prod' %}select 1;{% endif %}", "select 1;\n"),
        ("select '{{ ds }}', {{ params.dry_run }};", "select '2026-11-21', True;\n"),
        ("{% set name = client_id | upper %}select '{{ name }}';", "select 'ENERCITY';\n"),
        ("{% raw %}select '{{1,2}}';{% endraw %}", "select '{{1,2}}';\n"),
    ],
)
def test_a_script_that_names_a_value_is_a_template(text: str, rendered: str) -> None:
    assert is_template(text)
    assert render(text) == rendered


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
        ("{% include 'x.sql' %}{{ client_id }}", "line 1: must not read another template"),
        ("{% import 'x.sql' as x %}{{ client_id }}", "line 1: must not read another template"),
        ("{% from 'x.sql' import y %}{{ client_id }}", "line 1: must not read another template"),
        ("{% extends 'x.sql' %}{{ client_id }}", "line 1: must not read another template"),
    ],
)
def test_what_a_template_must_not_do_is_named_with_its_line(text: str, problem: str) -> None:
    assert (find_template_error(text) or "").startswith(problem)


@pytest.mark.parametrize(
    "text",
    [
        "select '{{ client_id }}', {{ ds | ds_format }}, 'conn', conn, var from conn",
        "{% raw %}{{ conn.x }}{% endraw %} {{ client_id }}",
        "select '{{ (conn).password }}'",
        "select '{{ connection }}'",
        "{% macro side(x) %}{{ x }}{% endmacro %}{% for n in range(3) %}{{ side(n) ~ loop.index ~ ds }}{% endfor %}",
        "{% set names = namespace(all='') %}{{ names.all ~ client_id }}",
    ],
)
def test_what_only_looks_like_it_is_no_error(text: str) -> None:
    assert find_template_error(text) is None


@pytest.mark.parametrize("name", DOCUMENTED_VALUES)
def test_every_documented_value_makes_a_template(name: str) -> None:
    assert is_template(f"select '{{{{ {name} }}}}'")


def test_a_template_never_looks_like_a_file_name() -> None:
    assert not as_template("select 1 -- 110_collect.sql").endswith(".sql")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("select 1", True),
        ("-- comment\nselect 1", True),
        ("/* comment */ do $$ begin end $$", True),
        ("select '--'", True),
        ("'/*' '*/'", True),
        ("", False),
        ("-- select 1", False),
        ("/* select 1; */;;\n-- x", False),
    ],
)
def test_a_statement_is_what_is_left_without_comments(text: str, expected: bool) -> None:
    assert has_statement(text) is expected
