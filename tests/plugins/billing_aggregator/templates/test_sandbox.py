"""A template reaches plain values and nothing else, by whatever form it tries, and cannot become large."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Undefined

from billing_aggregator.templates.filters import DATE_METHODS
from billing_aggregator.templates.rendering import find_template_error, render_script
from billing_aggregator.templates.sandbox import SANDBOX, VALUES, compile_template
from postgres_to_s3.errors import PermanentError
from tests.support.script_values import OF_A_RUN

PLAIN = (str, int, bool, type(None), list, dict)
DEPTH = 6
DEEP = 5000
# Names that Jinja, Airflow or Python would know.
NAMES = [
    *("self", "caller", "varargs", "kwargs", "loop", "super", "context", "environment_", "_", "gettext", "get_context"),
    *("cycler", "lipsum", "joiner", "namespace", "range", "dict", "debug", "url_for", "request", "config", "g"),
    *(
        "macros",
        "conn",
        "var",
        "ti",
        "task",
        "task_instance",
        "dag",
        "inlets",
        "outlets",
        "outlet_events",
        "inlet_events",
    ),
    *("triggering_asset_events", "task_state_store", "prev_start_date_success", "test_mode", "partition_key"),
    *("__builtins__", "__import__", "open", "eval", "exec", "getattr", "type", "object", "str", "print", "globals"),
]
EXPRESSIONS = [
    'self._TemplateReference__context["conn"].octopus.password',
    "self.__init__.__globals__",
    "self._TemplateReference__context.environment.globals",
    "cycler.__init__.__globals__.os.popen('id').read()",
    "cycler('a', 'b').next()",
    "joiner.__init__.__globals__.os",
    "joiner('x')()",
    "lipsum.__globals__['os'].environ",
    "lipsum(n=10000)",
    "namespace.__init__.__globals__.os",
    "namespace(a=1).a",
    "range(3)",
    "range.__class__",
    "dict(a=1)",
    "dict.__base__.__subclasses__()",
    "macros.json.codecs.builtins.open('/etc/passwd').read()",
    "macros.uuid.os.environ",
    "macros.datetime",
    "ti.get_template_context()['conn']",
    "dag.get_template_env()",
    "''.__class__.__mro__[1].__subclasses__()",
    "client_id.__class__",
    "client_id.__class__.__base__",
    "client_id.upper",
    "client_id.upper()",
    "client_id.upper.__self__",
    "business_date.format",
    "business_date.replace('-', 'x' * 1000)",
    "logical_date.__class__",
    "logical_date.tzinfo",
    "logical_date.strftime",
    "logical_date.strftime.__call__('%Y')",
    "logical_date.strftime()",
    "logical_date.strftime('%Y', '%m')",
    "logical_date.strftime(format='%Y')",
    "logical_date.strftime(*params.systems)",
    "logical_date.strftime(**params)",
    "logical_date.strftime(client_id)",
    "logical_date.strftime(1)",
    "logical_date.strftime('%900000000Y')",
    "logical_date.strftime('%0900000000d')",
    "logical_date.strftime('%_9d')",
    "logical_date.strftime('%')",
    "logical_date.isoformat('T')",
    "logical_date.date().today()",
    "logical_date.date().strftime",
    "logical_date.replace(year=1)",
    "logical_date.add(days=1)",
    "logical_date.timestamp()",
    "params.items()",
    "params.__class__",
    "params.systems.append('x')",
    "params.systems.__class__",
    "params.systems.pop",
    "params.business_date.__class__",
    "params.get('systems')",
    "dag_run.conf",
    "dag_run.__class__",
    "dag_run.run_id.upper",
    "dag_run.get_task_instances()",
    "dag_run.dag.connections",
    "'{0.upper}'.format(ds)",
    "'{0.__class__}'.format(ds)",
    "'{}'.format",
    "'%s' | format(ds)",
    "'%900000000d' | format(1)",
    "client_id | attr('upper')",
    "client_id | attr('__class__')",
    "params.systems | map('upper') | list",
    "params.systems | map(attribute='__class__') | list",
    "params.systems | map(attribute='upper') | first",
    "params.systems | selectattr('upper')",
    "params.systems | groupby('upper')",
    "params.systems | sum(attribute='__class__')",
    "params.systems | sort(attribute='__class__')",
    "params.systems | join(ds)",
    "params.systems | first",
    "params.systems | list",
    "params | dictsort",
    "params | items",
    "params | tojson",
    "params | pprint",
    "params | xmlattr",
    "ds | replace('2', ds)",
    "ds | center(900000000)",
    "ds | indent(900000000)",
    "ds | wordwrap(1, wrapstring=ds)",
    "ds | urlize",
    "ds | filesizeformat",
    "ds | upper('x')",
    "ds | default",
    "ds | default('x', true)",
    "ds | default(default_value='x')",
    "ds | ds(1)",
    "ds | safe",
    "ds | escape",
    "ds | string",
    "ds | e",
    "ds is callable",
    "ds is sameas(ds)",
    "ds is filter",
    "ds is defined(1)",
    "ds is eq(ds)",
    "'x' * 10**9",
    "ds * 1000000000",
    "[ds] * 1000000000",
    "9**9**9",
    "9**999999 ~ ds",
    "ds ~ ds",
    "ds + ds",
    "params.max_rows_per_file - 1",
    "params.max_rows_per_file / 0",
    "params.max_rows_per_file // 1",
    "params.max_rows_per_file % 7",
    "'%900000000d' % params.max_rows_per_file",
    "-params.max_rows_per_file",
    "+params.max_rows_per_file",
    "ds[::1]",
    "ds[0:900000000]",
    "{'a': ds}",
    "{'a': ds}.a",
    "[ds, conn]",
    "(ds, self)",
    "[ds][0].upper",
    "(ds if ds else self)",
    "ds if ds else conn.octopus",
    "params[self]",
    "params['systems'].__class__",
    "params.systems[0].upper",
    "params.systems[0].upper()",
    "(params or self).systems",
    "(params).systems.pop()",
    "caller()",
    "super()",
    "loop.index",
    "_('x')",
    "not self",
    "ds in self",
    "ds == conn.octopus.password",
    "self | default('x')",
    "client_id.nothing | default('x')",
    "conn.octopus | default('x')",
]
STATEMENTS = [
    "{% set x = ds %}",
    "{% set x %}{{ ds }}{% endset %}",
    "{% set x = self %}{{ x }}",
    "{% set ds = conn %}{{ ds }}",
    "{% set params.systems = 1 %}",
    "{% do params.systems.append('x') %}",
    "{% for x in params.systems %}{{ x }}{% endfor %}",
    "{% for ds in params.systems %}{{ ds }}{% endfor %}",
    "{% for x in params %}{{ loop.index }}{% endfor %}",
    "{% for a in ds %}{% for b in ds %}{% for c in ds %}{{ ds }}{% endfor %}{% endfor %}{% endfor %}",
    "{% for x in params.systems recursive %}{{ loop(params.systems) }}{% endfor %}",
    "{% macro m(x=conn) %}{{ x }}{% endmacro %}{{ m() }}",
    "{% macro ds() %}{% endmacro %}{{ ds.__globals__ }}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ ds }}{% endcall %}",
    "{% call ds() %}{% endcall %}",
    "{% filter upper %}{{ ds }}{% endfilter %}",
    "{% filter attr('__class__') %}{{ ds }}{% endfilter %}",
    "{% with x = self %}{{ x }}{% endwith %}",
    "{% with %}{{ ds }}{% endwith %}",
    "{% block b %}{{ self.b() }}{% endblock %}",
    "{% block b %}{{ ds }}{% endblock %}",
    "{% include '/etc/passwd' %}",
    "{% include ds %}",
    "{% include ['a', 'b'] ignore missing %}",
    "{% import 'os' as os %}",
    "{% from 'os' import environ %}",
    "{% extends '/etc/passwd' %}",
    "{% extends ds %}",
    "{% autoescape true %}{{ ds }}{% endautoescape %}",
    "{% trans %}{{ ds }}{% endtrans %}",
    "{% debug %}",
    "{% if self %}{% endif %}",
    "{% if ds %}{{ conn }}{% endif %}",
    "{% if ds is defined %}{% elif macros %}{% endif %}",
]
LARGE = [
    "{{ " + "(" * DEEP + "ds" + ")" * DEEP + " }}",
    "{{ " + "not " * DEEP + "ds }}",
    "{{ " + "ds or " * DEEP + "ds }}",
    "{{ " + "[" * DEEP + "ds" + "]" * DEEP + " }}",
    "{{ ds" + "[0]" * DEEP + " }}",
    "{{ ds" + " | upper" * DEEP + " }}",
    "{{ ds if " * DEEP + "ds" + " }}",
    "{% if ds %}" * DEEP + "{% endif %}" * DEEP,
    "{{ ds }}{{ " + "9" * DEEP + " }}",
]


TOKENS = ["|", ".", "(", ")", "[", "]", "upper", "or", "'"]


@pytest.mark.parametrize(
    "form",
    [
        *(f"{{{{ {expression} }}}}" for expression in (*NAMES, *EXPRESSIONS)),
        *(f"{{% if {expression} %}}x{{% endif %}}" for expression in EXPRESSIONS),
        *STATEMENTS,
    ],
)
def test_a_form_that_is_not_on_the_list_is_refused_when_the_tree_is_read(form: str) -> None:
    assert find_template_error(f"select '{{{{ client_id }}}}';\n{form}") is not None


@pytest.mark.parametrize("form", LARGE)
def test_a_template_too_large_for_jinja_or_python_is_refused_and_stops_nobody_else(form: str) -> None:
    assert "not a valid Jinja template: too large" in str(find_template_error(form))


@pytest.mark.parametrize("name", ["items", "__class__", "keys", "_x", "systems.pop"])
@pytest.mark.parametrize("form", ["{{{{ params['{}'] }}}}", "{{{{ dag_run['{}'] }}}}", "{{{{ ds['{}'] }}}}"])
def test_an_index_reads_values_only(form: str, name: str) -> None:
    with pytest.raises(PermanentError):
        render_script(form.format(name), OF_A_RUN)


def test_what_is_hidden_by_default_is_not_shown() -> None:
    assert render_script("{{ params.items | default('-') }}{{ params.nothing | default('-') }}", OF_A_RUN) == "--"
    for name in ("items", "__class__", "nothing"):
        assert render_script(f"{{{{ params['{name}'] | default('-') }}}}", OF_A_RUN) == "-"


def test_no_attribute_of_a_value_can_be_written_in_a_template() -> None:
    written = set()
    for value in VALUES:
        for name in dir(OF_A_RUN[value]):
            for form in (f"{{{{ {value}.{name} }}}}", f"{{{{ {value}.{name}() }}}}", f"{{{{ {value}.{name}('%Y') }}}}"):
                if find_template_error(f"{{{{ ds }}}}{form}") is None:
                    written.add((value, name))

    # Of the parameters any name may be asked for, and none but a parameter is found.
    assert {name for value, name in written if value != "params"} <= {*DATE_METHODS}
    for name in {name for value, name in written if value == "params"}:
        with pytest.raises(PermanentError):
            render_script(f"{{{{ params.{name} }}}}", OF_A_RUN)


def test_every_object_in_reach_of_the_values_is_plain() -> None:
    reached = [OF_A_RUN[name] for name in VALUES]
    for _ in range(DEPTH):
        found: dict[str, object] = {}
        for value in reached:
            assert type(value) in PLAIN
            attributes = [SANDBOX.getattr(value, name) for name in dir(value)]
            items = [SANDBOX.getitem(value, key) for key in (*dir(value), *range(3))]
            of_its_own = list(value.values()) if isinstance(value, dict) else []
            found |= {repr(each): each for each in attributes + items + of_its_own if not isinstance(each, Undefined)}
        reached = list(found.values())


def test_the_sandbox_has_no_globals_no_loader_no_extensions_and_calls_nothing() -> None:
    assert (SANDBOX.globals, SANDBOX.loader, SANDBOX.extensions) == ({}, None, {})
    assert not any(SANDBOX.is_safe_callable(each) for each in (str, len, "".upper))
    assert not SANDBOX.is_safe_attribute("", "upper", "".upper)


@given(
    st.lists(
        st.sampled_from([*EXPRESSIONS, *VALUES, " ", "|", ".", "(", ")", "[", "]", "upper", "or", "'"]), max_size=6
    )
)
def test_whatever_a_template_says_it_shows_plain_values_or_is_refused(parts: list[str]) -> None:
    try:
        shown = render_script("{{ ds }}{{ " + " ".join(parts) + " }}", OF_A_RUN)
    except PermanentError:
        return
    assert not [word for word in ("<", "object at", "method", "class ") if word in shown]


def test_a_small_text_stays_small() -> None:
    text = "{{ params }}{{ logical_date.strftime('%c%c%c') }}{{ [params, params, dag_run] }}{{ run_id | upper }}" * 100
    started = time.process_time()

    assert len(render_script(text, OF_A_RUN)) < 10 * len(text)
    assert time.process_time() - started < 5


def test_what_is_compiled_is_what_was_read() -> None:
    template = compile_template("{{ client_id }}")

    assert template.render(OF_A_RUN) == "enercity"
    assert template.globals == {}
