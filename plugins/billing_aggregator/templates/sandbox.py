"""The closed Jinja of scripts: a list of what a template may hold, and nothing in reach but plain values."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS as JINJA_TESTS
from jinja2.visitor import NodeTransformer

from billing_aggregator.templates.filters import ARGUMENTS, DATE_METHODS, FILTERS, is_format
from postgres_to_s3.errors import PermanentError

DOCUMENTED_VALUES = ("client_id", "environment", "business_date")
# A run that was triggered without a logical date does not have them.
DATED_VALUES = ("ds", "ds_nodash", "ts", "ts_nodash", "logical_date", "data_interval_start", "data_interval_end")
VALUES = (*DOCUMENTED_VALUES, *DATED_VALUES, "run_id", "params", "dag_run")
DAG_RUN_VALUES = ("run_id", "logical_date", "run_after")

# No loops, assignments and arithmetic: a template cannot become longer than its values make it.
SYNTAX = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.CondExpr, nodes.Name, nodes.Const),
    *(nodes.List, nodes.Tuple, nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not),
    *(nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Test),
)
TESTS = ("defined", "none")
RAW = "between '{% raw %}' and '{% endraw %}'"


def compile_template(text: str) -> Template:
    """Compile a text whose syntax, names, filters and tests are all on the lists.

    :raises PermanentError: it is no template, or holds something else; with the line
    """
    try:
        tree = _DateMethods().visit(SANDBOX.parse(text))
        for problem in _problems(tree):
            raise PermanentError(problem)
        return SANDBOX.from_string(tree)
    except TemplateSyntaxError as error:
        raise PermanentError(f"not a valid Jinja template, line {error.lineno}: {error.message}") from error
    except (RecursionError, MemoryError, SyntaxError, ValueError) as error:
        # Such as thousands of parentheses, or a number of thousands of digits.
        raise PermanentError(f"not a valid Jinja template: too large: {type(error).__name__}: {error}") from error


class _Sandbox(ImmutableSandboxedEnvironment):
    """An environment in which values have items, but no attributes: the stock one hands out ``str.format``."""

    def getattr(self, obj: object, attribute: str) -> object:
        """Return an item of a dict."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: object, argument: object) -> object:
        """Return an item of a dict, a list or a text."""
        try:
            return obj[argument]  # type: ignore[index]
        except (TypeError, LookupError):
            return self.undefined(obj=obj, name=str(argument))

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:  # noqa: ARG002 - Jinja's signature
        return False

    def is_safe_callable(self, obj: object) -> bool:  # noqa: ARG002 - Jinja's signature
        return False


class _DateMethods(NodeTransformer):
    """Turns the formatting of dates, such as ``logical_date.strftime('%Y')``, into filters: nothing is called."""

    def visit_Call(self, call: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(call)
        method = call.node
        if not isinstance(method, nodes.Getattr) or method.attr not in DATE_METHODS:
            return call
        arguments = (call.args, call.kwargs, call.dyn_args, call.dyn_kwargs)
        return nodes.Filter(method.node, method.attr, *arguments, lineno=call.lineno, environment=call.environment)


def _problems(tree: nodes.Node) -> Iterator[str]:
    """Yield what the template must not hold: unknown names first, which say more than the syntax around them."""
    names = list(tree.find_all(nodes.Name))
    declared = {name.name for name in names if name.ctx != "load"}
    unknown = (name for name in names if name.name not in {*VALUES, *declared})
    for node in (*unknown, *tree.find_all(nodes.Node)):
        problem = _problem(node)
        if problem:
            yield f"line {node.lineno}: must {problem}"
    shown = (each for output in tree.find_all(nodes.Output) for each in output.nodes)
    for expression in shown:
        if not isinstance(expression, nodes.TemplateData | nodes.Name) and not expression.find(nodes.Name):
            yield f"line {expression.lineno}: must name a value in '{{{{ }}}}'; write SQL with braces {RAW}"


def _problem(node: nodes.Node) -> str | None:
    match node:
        case nodes.Name() if node.name not in VALUES:
            return f"use no other value than {', '.join(VALUES)}, found {node.name!r}"
        case nodes.Getattr() if not _is_documented(node):
            names = ", ".join(("params.<name>", *(f"dag_run.{name}" for name in DAG_RUN_VALUES)))
            return f"read no other attribute than {names}, found .{node.attr}"
        case nodes.Filter() if node.name not in FILTERS or not _has_arguments(node, ARGUMENTS.get(node.name, 0)):
            return f"use the filters {', '.join(FILTERS)} only, with their own arguments, found {node.name!r}"
        case nodes.Filter(name="strftime", args=[argument]) if not _holds_format(argument):
            return "format dates by a text of letters after '%', such as strftime('%Y%m')"
        case nodes.Test() if node.name not in TESTS or not _has_arguments(node, 0):
            return f"use no other test than {' and '.join(TESTS)}, found {node.name!r}"
        case _ if not isinstance(node, SYNTAX):
            return f"hold nothing but values, conditions and filters, found {type(node).__name__}"
    return None


def _is_documented(attribute: nodes.Getattr) -> bool:
    match attribute.node:
        case nodes.Name(name="params"):
            return not attribute.attr.startswith("_")
        case nodes.Name(name="dag_run"):
            return attribute.attr in DAG_RUN_VALUES
    return False


def _has_arguments(node: nodes.Filter | nodes.Test, number: int) -> bool:
    return len(node.args) == number and not (node.kwargs or node.dyn_args or node.dyn_kwargs)


def _holds_format(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Const) and is_format(node.value)


def _sandbox() -> _Sandbox:
    sandbox = _Sandbox(undefined=StrictUndefined, keep_trailing_newline=True, cache_size=0)
    sandbox.globals = {}
    sandbox.filters = {**FILTERS}
    sandbox.tests = {name: JINJA_TESTS[name] for name in TESTS}
    return sandbox


SANDBOX = _sandbox()
