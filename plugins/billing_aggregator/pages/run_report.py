"""The report of a run as one HTML file, for those who have no access to Airflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from billing_aggregator.pages.words import words
from billing_aggregator.scripts.task_names import TaskName

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATE = Path(__file__).with_name("run_report.html.j2")
MINUS = "\N{MINUS SIGN}"
SWAP_SEPARATORS = str.maketrans(",.", ".,")


@dataclass(frozen=True)
class Language:
    """How one language says things.

    :param code: as HTML has it, and the column of its words
    :param months: the names of the months
    :param number: a number as text with ``,`` between thousands and ``.`` before decimals, as this language writes it
    :param order: a calendar day with the fields day, month and year
    :param moment: a point in time, as ``strftime`` takes it
    """

    code: str
    months: Sequence[str]
    number: Callable[[str], str]
    order: str
    moment: str

    def text(self, name: str) -> str:
        """A text; a state or the name of an amount that has none stands for itself."""
        known = words().get(name)
        return getattr(known, self.code) if known else name.partition(".")[2]

    def count(self, value: object) -> str:
        """Rows, files, bytes."""
        return self.number(f"{value:,}") if isinstance(value, int) else "–"

    def amount(self, value: object) -> str:
        """An amount of money, given as decimal text, with every digit it has and two decimals at least.

        What PostgreSQL's numbers have besides, NaN and Infinity, is shown as it is.
        """
        if not isinstance(value, str):
            return "–"
        exact = Decimal(value)
        if not exact.is_finite():
            return value
        places = max(2, -int(exact.as_tuple().exponent))
        return self.number(f"{exact:,.{places}f}").replace("-", MINUS)

    def seconds(self, value: object) -> str:
        """Return a span of time in seconds, minutes or hours."""
        if not isinstance(value, (int, float)):
            return "–"
        minutes, seconds = divmod(round(value), 60)
        if not minutes:
            return self.number(f"{value:.1f} s")
        return f"{minutes} min {seconds} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"

    def time(self, text: str) -> str:
        """Return a point in time, given in ISO 8601 in UTC."""
        return datetime.fromisoformat(text).strftime(self.moment)

    def long_day(self, text: str) -> str:
        """Return a day in ISO 8601; other values unchanged."""
        try:
            day = date.fromisoformat(text)
        except ValueError:
            return text
        return self.order.format(day=day.day, month=self.months[day.month - 1], year=day.year)


GERMAN_MONTHS = (
    *("Januar", "Februar", "März", "April", "Mai", "Juni"),
    *("Juli", "August", "September", "Oktober", "November", "Dezember"),
)
ENGLISH_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
LANGUAGES = (
    Language(
        "de",
        GERMAN_MONTHS,
        lambda text: text.translate(SWAP_SEPARATORS),
        "{day}. {month} {year}",
        "%d.%m.%Y, %H:%M:%S",
    ),
    Language("en", ENGLISH_MONTHS, lambda text: text, "{day} {month} {year}", "%d/%m/%Y, %H:%M:%S"),
)


def run_report_html(report: Mapping[str, Any], client_id: str, environment: str) -> str:
    """The page, in German and English; the same report gives the same page.

    :param report: what the report task leaves as its XCom
    """
    systems = {name: state for name, state in report["systems"].items() if state != "skipped"}
    exports = {
        name: {task_id: export for task_id, export in report["exports"].items() if TaskName.of(task_id).system == name}
        for name in systems
    }
    is_complete = not report["failures"] and not report["doubts"]
    return _template().render(
        report=report,
        client_id=client_id,
        environment=environment,
        systems=systems,
        exports=exports,
        verdict="day.success" if is_complete else "day.failed",
        languages=LANGUAGES,
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
