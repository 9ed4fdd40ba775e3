"""`summary` tells what passed, what failed and why, and what took long."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.command_line import main

RESULTS = """<?xml version="1.0" encoding="utf-8"?>
<testsuites><testsuite name="pytest" tests="3">
<testcase classname="tests.dags.test_runs" name="test_a_run[a|b]" time="61.25" />
<testcase classname="tests.dags.test_runs" name="test_another" time="0.5">
<failure message="AssertionError: assert 1 == 2&#10;where 1 = rows">long traceback</failure></testcase>
<testcase classname="tests.infra.test_terraform" name="test_files" time="0.01"><skipped message="not here" /></testcase>
</testsuite></testsuites>
"""


def test_failures_are_shown_with_their_reason(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tests.xml"
    file.write_text(RESULTS, encoding="utf-8")

    assert main(["summary", str(file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "### Tests failed"
    assert "| 1 | 1 | 1 | 62 |" in lines
    assert "**tests/dags/test_runs: test_another**" in lines
    assert lines[lines.index("    AssertionError: assert 1 == 2") + 1] == "    where 1 = rows"
    assert "| `tests/dags/test_runs: test_a_run[a\\|b]` | 61.2 |" in lines
    assert not any("long traceback" in line for line in lines)


def test_without_failures_the_headline_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "tests.xml"
    file.write_text('<testsuite><testcase classname="tests.test_docs" name="test_it" time="1" /></testsuite>')

    assert main(["summary", str(file)]) == 0
    assert capsys.readouterr().out.startswith("### Tests passed\n")


@pytest.mark.parametrize("content", [None, "<testsuite"])
def test_results_that_are_missing_or_damaged_end_in_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None
) -> None:
    file = tmp_path / "tests.xml"
    if content:
        file.write_text(content)

    assert main(["summary", str(file)]) == 2
    assert "expected results of tests in" in capsys.readouterr().err
