"""The error of a check shows the figures first: they are what a person looks for, and long lines leave the screen."""

from __future__ import annotations

from billing_aggregator.outcome.check_refusal import describe_refusal


def test_the_figures_stand_first_each_on_a_line_of_its_own() -> None:
    row = {
        "documents_balanced": False,
        "is_complete": True,
        "details": "7 of 9 documents differ by more than 0.01 euros; at most a share of 0.001 may",
        "report": None,
    }

    assert describe_refusal(row).splitlines() == [
        "details: 7 of 9 documents differ by more than 0.01 euros",
        "details: at most a share of 0.001 may",
        "documents_balanced: found False, expected True",
        "report: found None, expected True",
        "expected only true values, but 'documents_balanced', 'report' is not true",
    ]


def test_a_row_of_true_values_is_not_refused() -> None:
    assert describe_refusal({"is_right": True, "details": "all is well"}) == ""
