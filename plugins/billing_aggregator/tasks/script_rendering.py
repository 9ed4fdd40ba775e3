"""Fills the values of a run into a task's script, in place of Airflow's own templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from billing_aggregator.run.script_values import ScriptValues
from billing_aggregator.templates.rendering import render_script
from postgres_to_s3.operators.retry_or_fail import retry_or_fail

if TYPE_CHECKING:
    import jinja2
    from airflow.sdk import Context


class RenderedScript(BaseOperator):
    """An operator whose ``sql`` is a script of the tree; none of its other arguments is a template.

    They stay among Airflow's template fields, so that *Rendered Templates* shows them.

    :param script_values: the values that the script sees
    """

    # No text is the name of a file to read in its place.
    template_ext: Sequence[str] = ()
    # Of the operator: the script's path below the root of the tree, None for a task without one, and its text.
    script: Any
    sql: Any

    def __init__(self, *, script_values: ScriptValues, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.script_values = script_values

    def render_template_fields(self, context: Context, jinja_env: jinja2.Environment | None = None) -> None:  # noqa: ARG002
        """Fill the values of the run into the script.

        :raises AirflowFailException: the script names a value that the run does not have
        """
        if self.script is not None:
            with retry_or_fail(f"script {self.script!r}"):
                self.sql = render_script(self.sql, self.script_values.of(context))
