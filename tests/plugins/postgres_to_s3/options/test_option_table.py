"""A table of options: its rows are the fields of a model, and the documentation follows from them."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import ValidationError

from postgres_to_s3.options.kinds import BOOLEAN, TEXT, choice, integer
from postgres_to_s3.options.option_table import OptionTable, option, reference


class Printing(OptionTable):
    """How a page is printed."""

    title: Annotated[str, TEXT] = option(..., "What stands above.", alias="TITLE")
    copies: Annotated[int, integer(1)] = option(1, "How many.")
    colour: Annotated[str, choice(("grey", "full"))] = option("grey", "The ink.")
    is_double_sided: Annotated[bool, BOOLEAN] = option(True, "Both sides.")
    footer: Annotated[str | None, TEXT] = option(None, "What stands below.", unset="the page's number")


def test_the_reference_says_kind_default_and_meaning() -> None:
    assert reference("name", Printing.model_fields, {"copies": "as many as pages"}).splitlines() == [
        "| name | value | default | meaning |",
        "|---|---|---|---|",
        "| `title` | text | **required** | What stands above. |",
        "| `copies` | a whole number of at least 1 | as many as pages | How many. |",
        "| `colour` | `grey`, `full` | `grey` | The ink. |",
        "| `is_double_sided` | true or false | `true` | Both sides. |",
        "| `footer` | text | the page's number | What stands below. |",
    ]


def test_what_is_given_is_read_and_the_rest_is_left_to_the_defaults() -> None:
    printing = Printing.model_validate({"TITLE": "Invoice", "copies": "2", "colour": "FULL"})

    assert (printing.title, printing.copies, printing.colour, printing.footer) == ("Invoice", 2, "full", None)


def test_an_option_cannot_be_misspelt_or_changed() -> None:
    with pytest.raises(ValidationError, match="colur"):
        Printing.model_validate({"TITLE": "Invoice", "colur": "full"})
    with pytest.raises(ValidationError, match="frozen"):
        Printing.model_validate({"TITLE": "Invoice"}).copies = 2  # type: ignore[misc]
